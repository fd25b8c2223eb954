import { textOf } from '../../lib/agent.mjs';

export const name = 'a server that knows the legacy era alone, and asks for its key at once: known after the first handoff, clients fall back';

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

    const again = await t.agent(sidegate, { kind: 'client 2.x auto', key: first.key });
    t.equal(version(again), '2025-11-25', 'with a connection the server itself is asked, and the client falls back');
    t.match(textOf(await again.call('note', { text: 'again' })), /Noted/, 'and works');

    const other = await t.agent(sidegate, { kind: 'client 2.x auto', label: 'other' });
    t.equal(version(other), '2025-11-25', 'without one it falls back by what Sidegate has seen');
    const waits = other.call('note', { text: 'other' });
    await give(await other.link());
    t.match(textOf(await waits), /Noted/, 'and works, handoff and all');

    await sidegate.restart();
    const later = await t.agent(sidegate, { kind: 'client 2.x auto', label: 'later' });
    t.equal(version(later), '2025-11-25', 'and after a restart, by what is stored of the server');
    const pinned = await t.agent(sidegate, { kind: 'client 2.x pinned', label: 'pinned', connect: false });
    t.match(String(await t.fails(pinned.connect(), 'pinned modern')), /version|negotiat|support/i, 'pinned modern is refused clearly');
    t.equal(station.book, ['again', 'other'], 'each call that went through did so once');
}
