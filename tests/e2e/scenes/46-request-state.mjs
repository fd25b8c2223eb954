import { messages } from '../../lib/agent.mjs';
import { code, exchange, message, modern, post } from '../../lib/raw.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { start as startEverything } from '../../upstreams/everything.mjs';

export const name = 'a requestState that is forged, cut, somebody else\'s, another call\'s, used up or too old opens nothing, whatever the method';

const send = (sidegate, upstream, key, method, params) => exchange(sidegate.gatewayPort, post(sidegate, upstream, key, modern(method, params)));
const flip = (s, at) => s.slice(0, at) + (s[at] === 'A' ? 'B' : 'A') + s.slice(at + 1);

// Every wrong state for one request, each of which must be refused. `others`: what -> [method, params] of other requests.
async function refuses(t, { retry, state, his, others }) {
    for (const [what, wrong, options] of [
        ['made up', 'A'.repeat(state.length)], ['empty', ''], ['cut', state.slice(0, -1)], ['longer', `${state}A`],
        ['the first character changed', flip(state, 0)], ['the middle changed', flip(state, Math.floor(state.length / 2))], ['the last changed', flip(state, state.length - 2)],
        ['another person\'s', state, { who: his }], ['far too long', 'A'.repeat(60_000)],
        ...Object.entries(others).map(([what, request]) => [what, state, { request }]),
    ]) {
        const answer = await retry(wrong, options);
        t.equal(code(answer), -32602, `${what}: refused: ${answer.text.slice(0, 300)}`);
    }
}

async function ofTools(t) {
    const { key, station, sidegate, agent, person } = await t.cast({ client: 'client 2.x pinned' });
    await t.user(sidegate, 'bob');
    const his = await sidegate.addKey('bob', 'desk');
    const first = agent.call('note', { text: 'once' });
    const { url } = await agent.link();
    const asked = messages(agent.tape.find((x) => x.out.includes('"note"')))[0].result;
    const state = asked.requestState;
    const [input] = Object.keys(asked.inputRequests);
    const call = { name: 'note', arguments: { text: 'once' } };
    const retry = (requestState, { request: [method, params] = ['tools/call', call], who = agent.key } = {}) =>
        send(sidegate, 'weather', who, method, { ...params, requestState, inputResponses: { [input]: { action: 'accept' } } });
    await refuses(t, { retry, state, his, others: {
        'with other arguments': ['tools/call', { ...call, arguments: { text: 'twice' } }], 'with another tool': ['tools/call', { ...call, name: 'weather' }],
        'with another method': ['prompts/get', call],
    } });
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 0, 'nothing was sent with the key');
    await person.give(url, { 'API key': key });
    t.ok(!(await first).isError, 'the call itself goes through');
    const again = await retry(state);
    t.equal(code(again), -32602, `used up: refused: ${again.text.slice(0, 300)}`);
    t.equal(station.book, ['once'], 'and the call is not sent again');
}

async function ofReads(t) {
    const book = ['resources/read', { uri: 'station://book' }];
    const watch = ['prompts/get', { name: 'watch', arguments: { officer: 'Ana' } }];
    for (const [request, other] of [[book, watch], [watch, book]]) {
        const [method, params] = request;
        const { key, station, sidegate, person } = await t.cast({ agent: null });
        await t.user(sidegate, 'bob');
        const [mine, his] = [await sidegate.addKey('ana', 'raw'), await sidegate.addKey('bob', 'desk')];
        const { result } = message(await send(sidegate, 'weather', mine, method, params));
        t.equal(result.resultType, 'input_required', `${method}: asks for the key`);
        const [[input, { params: { url } }]] = Object.entries(result.inputRequests);
        const retry = (requestState, { request: [m, p] = request, who = mine } = {}) =>
            send(sidegate, 'weather', who, m, { ...p, requestState, inputResponses: { [input]: { action: 'accept' } } });
        await refuses(t, { retry, state: result.requestState, his, others: { [`with ${other[0]}`]: other, 'with a tool': ['tools/call', { name: 'weather', arguments: { station: 'hill' } }] } });
        await person.give(url, { 'API key': key });
        t.equal(station.requests.filter((r) => r.authorised && r.rpc === method).length, 0, `${method}: nothing was sent with the key`);
        const done = message(await retry(result.requestState));
        t.ok(done.result?.contents ?? done.result?.messages, `${method}: its own state lets it through: ${JSON.stringify(done)}`);
        t.equal(code(await retry(result.requestState)), -32602, `${method}: once`);
        t.equal(station.seen(method).filter((r) => r.authorised).length, 1, `${method}: it arrived once`);
    }
}

// A server's own state lives as long as a handoff would.
async function tooOld(t) {
    const life = 1_000;
    const server = await startEverything();
    t.later(() => server.stop());
    const sidegate = await t.sidegate({ limits: { handoff_time: life }, upstreams: { all: upstreamConfig(server.url, { title: 'Everything', credential: null }) } });
    const key = await sidegate.addKey('ana', 'raw');
    const call = { name: 'test_input_required_result_request_state', arguments: {} };
    const ask = async () => message(await send(sidegate, 'all', key, 'tools/call', call)).result;
    const retry = ({ requestState }) => send(sidegate, 'all', key, 'tools/call', {
        ...call, requestState, inputResponses: { confirm: { action: 'accept', content: { ok: true } } },
    });
    t.match((await retry(await ask())).body, /state-ok/, 'in time it goes through');
    const old = await ask();
    const before = server.requests.length;
    await new Promise((done) => { setTimeout(done, life + 50); });
    t.equal(code(await retry(old)), -32602, 'too old: refused');
    t.equal(server.requests.length, before, 'and the server is not asked');
}

export default async function (t) {
    await ofTools(t);
    await ofReads(t);
    await tooOld(t);
}
