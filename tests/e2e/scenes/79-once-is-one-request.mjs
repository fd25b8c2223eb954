import { decline } from '../../lib/person.mjs';
import { code, exchange, message, modern, post } from '../../lib/raw.mjs';

export const name = 'once is one request: the page shows it with its arguments, and the yes to it lets through nothing else';

export default async function (t) {
    const { key, station, sidegate, person } = await t.cast({ agent: null, credential: { lease: { kind: 'once' } } });
    const mine = await sidegate.addKey('ana', 'raw');
    const note = (text, more = {}) => ({ name: 'note', arguments: { text }, ...more });
    const send = async (params) => message(await exchange(sidegate.gatewayPort, post(sidegate, 'weather', mine, modern('tools/call', params))));
    const linkOf = ({ result }) => Object.values(result.inputRequests)[0].params.url;
    const accept = ({ result }) => ({ requestState: result.requestState, inputResponses: { sidegate: { action: 'accept' } } });

    const asked = await send(note('pay <b>10.50</b> to the harbour'));
    await person.open(linkOf(asked));
    const page = await person.text();
    t.match(page, /pay <b>10\.50<\/b> to the harbour/, 'the page shows the argument, as it was written');
    t.match(page, /for this call alone/, 'and says what the yes is for');
    await person.give(linkOf(asked), { 'API key': key });

    const other = await send(note('delete everything'));
    t.equal(other.result.resultType, 'input_required', 'another argument asks again');
    t.ok(linkOf(other) !== linkOf(asked), 'with another link');
    t.equal(code(await exchange(sidegate.gatewayPort, post(sidegate, 'weather', mine, modern('tools/call', { ...note('delete everything'), ...accept(asked) })))), -32602,
        'and the state of the first is none of its');
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 0, 'nothing was sent with the key');

    const done = await send(note('pay <b>10.50</b> to the harbour', accept(asked)));
    t.match(done.result?.content?.[0]?.text, /line 1/, 'the request itself goes through');
    t.equal(station.book, ['pay <b>10.50</b> to the harbour'], 'and nothing else did');
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
}
