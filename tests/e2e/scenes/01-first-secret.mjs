import { everyClient, messages, textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';
import { header } from '../../upstreams/lib.mjs';

export const name = 'a missing key is asked for, given in a browser, used upstream, and the waiting call continues';
export const clients = everyClient;

export default async function (t, client) {
    const { key, station, agent, person } = await t.cast({ client });
    const call = agent.call('weather', { station: 'harbour' });
    const link = await agent.link();
    t.equal(link.mode, 'url', 'the client is given a link');
    t.equal(new URL(link.url).origin, person.site, 'the link leads to Sidegate\'s pages');
    t.match(new URL(link.url).pathname, /^\/h\/[A-Za-z0-9_-]{22,}$/, 'the link is a locator and nothing else');
    t.equal(new URL(link.url).search, '', 'no query in the link');

    await person.open(link.url);
    const page = await person.text();
    const words = /shows the words: ([^.]+)\./.exec(link.message)?.[1];
    t.ok(words && page.toLowerCase().includes(words.toLowerCase()), `the message and the page show the same words: ${link.message}`);
    t.match(page, /Weather station/, 'the page names the server');
    t.match(page, /weather/, 'the page names the tool');
    t.match(page, /laptop/, 'the page names the agent key');
    t.match(page, /ana/, 'the page says which account this is');
    const after = await person.give(link.url, { 'API key': key });
    t.match(after, says.done, 'the page says that it is done');
    t.ok(!after.includes(key), 'the page does not show the key again');

    const result = await call;
    t.match(textOf(result), /Harbour wall: 11.5/, 'the call gives what the server said');
    t.equal(result.structuredContent, { station: 'harbour', temperature: 11.5, wind: 'south-west 6' }, 'structured content too');
    const calls = station.seen('tools/call', 'weather');
    t.equal(calls.filter((c) => c.authorised).length, 1, 'the server got the call once');
    t.equal(header(calls.at(-1), 'authorization'), `Bearer ${key}`, 'with the key');
    t.equal(agent.links.length, 1, 'the person was asked once');
    // A modern client learns it by the end of its retry, and has no such notification.
    if (agent.era === 'legacy') t.equal(await agent.completion(), link.id, 'the client is told that its elicitation is done');
    t.equal(agent.completed.length, agent.era === 'legacy' ? 1 : 0, 'once');
    t.ok(!JSON.stringify(agent.tape.map(messages)).includes('internal'), 'nothing internal on the wire');
}
