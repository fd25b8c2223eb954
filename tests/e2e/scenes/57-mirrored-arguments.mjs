import { textOf } from '../../lib/agent.mjs';
import { code, call, exchange, post } from '../../lib/raw.mjs';
import { header } from '../../upstreams/lib.mjs';

export const name = 'an argument that is mirrored in a header must equal it, goes on as the body has it, and a client with an old list gets another try';
export const clients = ['client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, station, sidegate, agent, person } = await t.cast({ client });
    const first = agent.call('weather', { station: 'harbour' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    await agent.tools();

    // The server mirrors the argument from now on; another client of the same key has seen that.
    station.mirrored = true;
    await (await t.agent(sidegate, { kind: client, key: agent.key })).tools();
    const [arrived, taped] = [station.seen('tools/call').length, agent.tape.length];
    t.match(textOf(await agent.call('weather', { station: 'hill' })), /Signal hill/, 'the client lists again and repeats the call');
    t.equal(agent.tape.slice(taped).map((x) => [JSON.parse(x.out).method, x.status]),
        [['tools/call', 400], ['tools/list', 200], ['tools/call', 200]], 'what it did');
    const calls = station.seen('tools/call').slice(arrived);
    t.equal(calls.map((r) => header(r, 'mcp-param-station')), ['hill'], 'one call reached the server, with the header');

    const raw = (headers, args = { station: 'hill' }) => exchange(sidegate.gatewayPort, post(sidegate, 'weather', agent.key, call(1, 'weather', args), { headers }));
    for (const [headers, what] of [[{ 'Mcp-Param-Station': 'harbour' }, 'another value'], [{}, 'none'], [{ 'Mcp-Param-Station': '=?base64?aGlsb?=' }, 'no base64']]) {
        const refused = await raw(headers);
        t.equal([refused.status, code(refused)], [400, -32020], what);
    }
    t.equal(station.seen('tools/call').length, arrived + 1, 'none of these reached the server');
    t.equal((await raw({ 'Mcp-Param-Station': '=?base64?aGlsbA==?=', 'Mcp-Param-More': 'x' })).status, 200, 'encoded, and one that nobody declared');
    const last = station.seen('tools/call').at(-1);
    t.equal([header(last, 'mcp-param-station'), header(last, 'mcp-param-more')], ['hill', 'x'], 'as the body has it, and as it came');
}
