import { everyClient, textOf } from '../../lib/agent.mjs';
import { decline, says } from '../../lib/person.mjs';

export const name = 'declining on the page ends the waiting call with a plain answer';
export const clients = everyClient;

export default async function (t, client) {
    const { agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'harbour' });
    await person.open((await agent.link()).url);
    await person.press(decline);
    t.match(await person.text(), says.declined, 'the page says so');
    const result = await call;
    t.equal(result.isError, true, 'the call ends as an error');
    t.match(textOf(result), /declined/i, 'and says why');
}
