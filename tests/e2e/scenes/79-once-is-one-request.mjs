import { decline } from '../../lib/person.mjs';
import { call, code, exchange, message, modern, post } from '../../lib/raw.mjs';
import { header } from '../../upstreams/lib.mjs';

export const name = 'once is one request: each has a page of its own, which shows it with its arguments and headers, and the yes to it lets through nothing else';

export default async function (t) {
    const { key, station, sidegate, person } = await t.cast({ agent: null, credential: { lease: { kind: 'once' } } });
    const mine = await sidegate.addKey('ana', 'raw');
    const note = (text, more = {}) => ({ name: 'note', arguments: { text }, ...more });
    const berth = (value, more) => ({ 'Mcp-Param-Berth': value, ...more });
    const ask = (params, headers) => exchange(sidegate.gatewayPort, post(sidegate, 'weather', mine, modern('tools/call', params), { headers }));
    const send = async (params, headers) => message(await ask(params, headers));
    const asking = ({ result }) => Object.values(result.inputRequests)[0].params;
    const linkOf = (answer) => asking(answer).url;
    const wordsOf = (answer) => /words: (\w+ \w+)\./.exec(asking(answer).message)[1];
    const accept = ({ result }) => ({ requestState: result.requestState, inputResponses: { sidegate: { action: 'accept' } } });

    const asked = await send(note('pay <b>10.50</b> to the harbour'), berth('=?base64?c2V2ZW4=?='));
    await person.open(linkOf(asked));
    const page = await person.text();
    t.match(page, /pay <b>10\.50<\/b> to the harbour/, 'the page shows the argument, as it was written');
    t.match(page, /Mcp-Param-Berth\s+seven/, 'the header that no list declares, as it reads');
    t.match(page, /for this call alone.*\(_meta\) is not shown/, 'and says what the yes is for, and what not');
    await person.give(linkOf(asked), { 'API key': key });

    const other = await send(note('delete everything'));
    t.equal(other.result.resultType, 'input_required', 'another argument asks again');
    t.ok(linkOf(other) !== linkOf(asked), 'with another link');
    t.equal(code(await ask(note('delete everything', accept(asked)))), -32602, 'and the state of the first is none of its');
    for (const [headers, what] of [[berth('eight'), 'another header'], [{}, 'none'], [berth('=?base64?c2V2ZW4=?=', { 'Mcp-Param-Delete': 'everything' }), 'one more']]) {
        t.equal(code(await ask(note('pay <b>10.50</b> to the harbour', accept(asked)), headers)), -32602, `${what} is another request`);
        t.equal((await send(note('pay <b>10.50</b> to the harbour'), headers)).result.resultType, 'input_required', `${what} asks again`);
    }
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 0, 'nothing was sent with the key');

    // A server that does not tell capitals apart would take the second of these for the first.
    const pay = modern('tools/call', note('pay <b>10.50</b> to the harbour', accept(asked)));
    const beside = async (m) => message(await exchange(sidegate.gatewayPort, post(sidegate, 'weather', mine, m, { headers: berth('=?base64?c2V2ZW4=?=') }))).error;
    for (const [m, member] of [[{ ...pay, Params: note('delete everything') }, 'Params'], [{ ...pay, params: { ...pay.params, Arguments: { text: 'delete everything' } } }, 'Arguments']]) {
        const error = await beside(m);
        t.equal(error?.code, -32600, `${member} beside the request that was allowed is refused`);
        t.match(error?.message, new RegExp(`"${member}"`), 'and named');
    }
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 0, 'still nothing was sent with the key');

    const done = await send(note('pay <b>10.50</b> to the harbour', accept(asked)), berth('=?base64?c2V2ZW4=?='));
    t.match(done.result?.content?.[0]?.text, /line 1/, 'the request itself goes through');
    t.equal(station.book, ['pay <b>10.50</b> to the harbour'], 'and nothing else did');
    t.equal(header(station.seen('tools/call').at(-1), 'mcp-param-berth'), '=?base64?c2V2ZW4=?=', 'with its header');
    const again = await send(note('pay <b>10.50</b> to the harbour'));
    t.equal(again.result.resultType, 'input_required', 'once');

    // Sidegate's own tool: what is given there lets nothing through by itself, and the page says so.
    await person.open(linkOf(again));
    await person.press(decline);
    const connect = await send({ name: 'sidegate_connect', arguments: {} });
    await person.open(linkOf(connect));
    t.match(await person.text(), /each call to this server asks you again/, 'connecting alone allows nothing, and the page says so');
    await person.give(linkOf(connect), { 'API key': key });
    t.equal((await send(note('after connecting'))).result.resultType, 'input_required', 'the next call asks');
    t.equal(station.book.length, 1, 'and nothing was sent for it');

    // Two calls at once, one of them corrected: the link and the words of each lead to its own page, and its yes is for itself.
    const wrong = await send(note('pay 10000 to mallory'));
    const right = await send(note('pay 10 to bob'));
    for (const [asks, shown, others] of [[wrong, /pay 10000 to mallory/, /bob/], [right, /pay 10 to bob/, /mallory/]]) {
        await person.open(linkOf(asks));
        const text = await person.text();
        t.match(text, shown, 'its page shows its argument');
        t.ok(!others.test(text), 'and not the other one\'s');
        t.ok(text.includes(wordsOf(asks)), 'with the words that its call was told');
    }
    const told = message(await exchange(sidegate.gatewayPort, post(sidegate, 'weather', mine, call('mute', 'note', { text: 'pay 10 to bob' }))));
    t.ok(told.result.content[0].text.includes(`"${wordsOf(right)}"`), 'a client that cannot be asked is told the words of its own call too');
    await person.give(linkOf(right), { 'API key': key });
    t.equal(linkOf(await send(note('pay 10000 to mallory'))), linkOf(wrong), 'the other call goes on asking, on its own page');
    t.match((await send(note('pay 10 to bob', accept(right)))).result?.content?.[0]?.text, /line 2/, 'the one that was allowed goes through');
    await person.give(linkOf(wrong), { 'API key': key });
    t.equal((await send(note('pay 10 to bob'))).result.resultType, 'input_required', 'the yes to the other is none for it');
    t.match((await send(note('pay 10000 to mallory', accept(wrong)))).result?.content?.[0]?.text, /line 3/, 'but for that one');
    t.equal(station.book.slice(1), ['pay 10 to bob', 'pay 10000 to mallory'], 'each went once');
}
