import { textOf } from '../../lib/agent.mjs';

export const name = 'a server that knows the legacy era alone, and asks for its key at once: with a connection it is asked, and clients fall back';

const version = (agent) => agent.client.getNegotiatedProtocolVersion();

export default async function (t) {
    const { key, sidegate, person, station, agent: first } = await t.cast({ client: 'client 2.x auto', station: { eras: ['2025-11-25'] } });
    const give = async ({ url }) => {
        await person.open(url);
        await person.give(url, { 'API key': key });
    };
    t.equal(version(first), '2026-07-28', 'nobody has seen the server yet: the newest era is offered');
    const refused = t.fails(first.call('note', { text: 'first' }), 'the first call');
    await give(await first.link());
    t.match(String(await refused), /version|session|initialize/i, 'the call that waited is refused by the server, clearly');

    await sidegate.logged(/event=maybe_other_era .*hint=.*protocols/);

    const again = await t.agent(sidegate, { kind: 'client 2.x auto', key: first.key });
    t.equal(version(again), '2025-11-25', 'the server itself is asked, and the client falls back');
    t.match(textOf(await again.call('note', { text: 'again' })), /Noted/, 'and works');

    const pinned = await t.agent(sidegate, { kind: 'client 2.x pinned', key: first.key, connect: false });
    t.match(String(await t.fails(pinned.connect(), 'pinned modern')), /version|negotiat|support/i, 'pinned modern is refused clearly');

    // What one agent's calls were answered says nothing to those who have no connection.
    const other = await t.agent(sidegate, { kind: 'client 2.x pinned', label: 'other' });
    t.equal(version(other), '2026-07-28', 'another agent is offered what is configured');
    t.equal(station.book, ['again'], 'the call that went through did so once');
}
