import { everyClient, textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'a client that cannot show links gets a neutral result; the person finds the request in the inbox; the next call works';
export const clients = everyClient;

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client, agent: { capabilities: {} } });
    const waiting = await agent.call('weather', { station: 'harbour' });
    t.equal(waiting.isError, true, 'the result is marked as an error, or clients with an output schema throw');
    t.match(textOf(waiting), /call .*again/i, 'it says to call again');
    t.ok(!/\/h\//.test(textOf(waiting)), 'it holds no link to the handoff');
    t.equal(agent.links, [], 'no link was sent to a client that did not declare it');

    await person.open(`${person.site}/inbox`);
    t.match(await person.text(), /Weather station/, 'the inbox has the request');
    await person.page.locator('a[href*="/h/"]').first().click();
    await person.fill({ 'API key': key });
    await person.press(send);
    t.match(await person.text(), says.done, 'the page says that it is done');
    t.match(textOf(await agent.call('weather', { station: 'harbour' })), /Harbour wall/, 'the next call goes through');
}
