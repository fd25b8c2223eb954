import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { decline } from '../../lib/person.mjs';

export const name = 'the page says why it asks: to be ready, nothing given yet, used up, not accepted any more, its time over';
export const clients = oneAnEra;

const why = {
    asked: /The agent wants to be ready for later/,
    missing: /Sidegate has no credential of yours for this server/,
    usedUp: /What you allowed this agent before is used up/,
    stale: /The server did not accept what you gave before/,
    expired: /The time for which you allowed this agent before is over/,
};

// The page that the next link leads to gives that reason and none of the others.
async function says(t, { agent, person }, nth, reason) {
    const { url } = await agent.link(nth);
    await person.open(url);
    const page = await person.text();
    t.equal(Object.keys(why).filter((r) => why[r].test(page)), [reason], `link ${nth}: why`);
    return url;
}

export default async function (t, client) {
    const lasting = await t.cast({ client, credential: { lease: { kind: 'task', uses: 1, time: 600_000 } } });
    const { key, station, agent, person } = lasting;
    const asks = agent.call((await agent.tools()).find((tool) => /connect/.test(tool)));
    await says(t, lasting, 0, 'asked');
    await person.press(decline);
    await asks;
    const renewed = t.secret('renewed key');
    for (const [nth, reason, given] of [[1, 'missing', key], [2, 'usedUp', key], [3, 'usedUp', renewed]]) {
        const call = agent.call('note', { text: `${nth}` });
        const url = await says(t, lasting, nth, reason);
        station.setKey(given);
        await person.give(url, { 'API key': key });
        // The server wants another one by now, so the call meets a refusal and asks again.
        if (given === renewed) await person.give(await says(t, lasting, nth + 1, 'stale'), { 'API key': renewed });
        t.match(textOf(await call), /Noted/, `${reason}: the call goes through`);
    }

    const time = 2_000;
    const short = await t.cast({ client, credential: { lease: { kind: 'task', uses: 20, time } } });
    const first = short.agent.call('note', { text: 'in time' });
    await short.person.give((await short.agent.link()).url, { 'API key': short.key });
    t.match(textOf(await first), /Noted/, 'in time');
    await new Promise((done) => { setTimeout(done, time); });
    const late = short.agent.call('note', { text: 'late' });
    await short.person.give(await says(t, short, 1, 'expired'), { 'API key': short.key });
    t.match(textOf(await late), /Noted/, 'after the time was over, once it was given again');
}
