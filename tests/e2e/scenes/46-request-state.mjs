import { messages } from '../../lib/agent.mjs';
import { code, exchange, post } from '../../lib/raw.mjs';

export const name = 'a requestState that is forged, cut, somebody else\'s, another call\'s or used up opens nothing';

export default async function (t) {
    const { key, station, sidegate, agent, person } = await t.cast({ client: 'client 2.x pinned' });
    await t.user(sidegate, 'bob');
    const hers = agent.key;
    const his = await sidegate.addKey('bob', 'desk');
    const first = agent.call('note', { text: 'once' });
    const { url } = await agent.link();
    const asked = messages(agent.tape.find((x) => x.out.includes('"note"')))[0].result;
    const state = asked.requestState;
    const [input] = Object.keys(asked.inputRequests);
    const retry = (requestState, { text = 'once', name: tool = 'note', answer = { action: 'accept' }, who = hers } = {}) => {
        const body = {
            jsonrpc: '2.0', id: 'raw', method: 'tools/call',
            params: {
                name: tool, arguments: { text }, requestState, inputResponses: { [input]: answer },
                _meta: {
                    'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
                    'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
                },
            },
        };
        return exchange(sidegate.gatewayPort, post(sidegate, 'weather', who, body), { enough: (got) => /"(error|result)"/.test(got) });
    };
    const flip = (s, at) => s.slice(0, at) + (s[at] === 'A' ? 'B' : 'A') + s.slice(at + 1);
    for (const [what, wrong, options] of [
        ['made up', 'A'.repeat(state.length)], ['empty', ''], ['cut', state.slice(0, -1)], ['longer', `${state}A`],
        ['the first character changed', flip(state, 0)], ['the middle changed', flip(state, Math.floor(state.length / 2))], ['the last changed', flip(state, state.length - 2)],
        ['another person\'s', state, { who: his }], ['with other arguments', state, { text: 'twice' }], ['with another tool', state, { name: 'weather' }],
        ['far too long', 'A'.repeat(60_000)],
    ]) {
        const answer = await retry(wrong, options);
        t.equal(code(answer), -32602, `${what}: refused: ${answer.text.slice(0, 300)}`);
    }
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 0, 'nothing was sent with the key');
    await person.give(url, { 'API key': key });
    t.ok(!(await first).isError, 'the call itself goes through');
    const again = await retry(state);
    t.equal(code(again), -32602, `used up: refused: ${again.text.slice(0, 300)}`);
    t.equal(station.book, ['once'], 'and the call is not sent again');
}
