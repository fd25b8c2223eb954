import { textOf } from '../../lib/agent.mjs';

export const name = 'an agent key can ask for links by error -32042: thrown to the caller, told on the session\'s stream, and the next call goes through';
export const clients = ['sdk 1.x', 'client 2.x legacy', 'client 2.x pinned'];

export default async function (t, client) {
    const { key, station, sidegate, person } = await t.cast({ client, agent: null });
    const agentKey = await sidegate.addKey('ana', 'old', '--link-by-error');
    const call = (agent) => agent.call('weather', { station: 'harbour' });

    // One that did not declare it is not sent it.
    const plain = await t.agent(sidegate, { kind: client, key: agentKey, capabilities: {} });
    const waiting = await call(plain);
    t.equal(waiting.isError, true, 'a neutral result');
    t.ok(!plain.got.includes('/h/') && !plain.got.includes('-32042'), 'without link or error');

    const agent = await t.agent(sidegate, { kind: client, key: agentKey });
    if (agent.era === 'modern') {
        const asked = call(agent);
        await person.give((await agent.link()).url, { 'API key': key });
        t.match(textOf(await asked), /Harbour wall/, 'the modern way is as ever');
        t.ok(!agent.got.includes('-32042'), 'and never has that error');
        return;
    }
    await agent.exchanges((x) => x.method === 'GET' && x.status === 200);
    const error = await t.fails(call(agent), 'the call');
    t.equal([error.code, error.constructor.name], [-32042, 'UrlElicitationRequiredError'], 'what the SDK throws');
    t.equal(agent.links, [], 'nothing is asked on the call\'s stream');
    const [elicitation] = error.elicitations;
    t.equal([error.elicitations.length, elicitation.mode], [1, 'url'], 'one link');
    t.match(elicitation.message, /Weather station/, 'and what it is for');
    const again = await t.fails(call(agent), 'another call');
    t.equal(again.elicitations[0].elicitationId, elicitation.elicitationId, 'finds the same handoff');

    await person.give(elicitation.url, { 'API key': key });
    const told = await agent.exchanges((x) => x.method === 'GET' && Buffer.concat(x.parts).includes('elicitation/complete'));
    t.ok(Buffer.concat(told[0].parts).includes(elicitation.elicitationId), 'told on the session\'s stream');
    t.ok(agent.completed.includes(elicitation.elicitationId), 'and heard by the client');
    t.match(textOf(await call(agent)), /Harbour wall/, 'the next call goes through');
    t.equal(station.seen('tools/call').filter((r) => r.authorised).length, 1, 'and was the only one');
}
