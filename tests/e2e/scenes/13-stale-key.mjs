import { everyClient, textOf } from '../../lib/agent.mjs';

export const name = 'when the server stops accepting a key, the next call asks for the new one';
export const clients = everyClient;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const first = agent.call('note', { text: 'one' });
    await person.give((await agent.link()).url, { 'API key': key });
    await first;
    const renewed = t.secret('renewed key');
    station.setKey(renewed);
    const second = agent.call('note', { text: 'two' });
    await person.give((await agent.link(1)).url, { 'API key': renewed });
    t.match(textOf(await second), /line 2/, 'the call goes through with the new key');
    t.equal(station.book, ['one', 'two'], 'each arrived once');

    // Many calls at once, some of which meet the refusal and some wait to leave meanwhile: one question, and all go through.
    const third = t.secret('third key');
    station.setKey(third);
    const shown = agent.links.length;
    const calls = Array.from({ length: 8 }, (_, n) => agent.call('note', { text: `at once ${n}` }));
    const again = await agent.link(shown);
    await person.give(again.url, { 'API key': third });
    for (const answer of await Promise.all(calls)) t.match(textOf(answer), /Noted/, 'each of the calls made at once goes through');
    t.equal(new Set(agent.links.slice(shown).map((l) => l.url)).size, 1, 'the person was asked once');
}
