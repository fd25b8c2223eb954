// What reflection.mjs and parts.mjs share: calls of a reflecting server, each a cell { how, encoding }, and what of them comes back.
import { ways } from '../upstreams/reflecting.mjs';

// Each encoding in each way of a result; 'a 401 with a body' ends the connection's life, and is looked at apart.
export const hows = Object.keys(ways).filter((how) => how !== 'a 401 with a body');
export const cells = (names) => hows.flatMap((how) => names.map((encoding) => ({ how, encoding })));
export const say = ({ how, encoding }, era) => `${how}, as ${encoding}, ${era}`;

// Does the work on each of the list, some at a time.
async function all(list, work, wide = 16) {
    const queue = [...list];
    await Promise.all(Array.from({ length: wide }, async () => { for (let x = queue.shift(); x !== undefined; x = queue.shift()) await work(x); }));
}

// What must come back where it is not the answer with a mark in it: silence, or a time-out, would be clean too.
const httpError = /the upstream answered with an HTTP error/;
const lost = /its outcome is unknown/;
const notMcp = /the upstream's answer is not valid MCP/;
const cameBack = {
    'a plain text body': httpError, 'a redirect elsewhere': httpError, 'a redirect to itself': httpError,
    'an HTML body': notMcp, 'gzip although not asked for': notMcp, 'the start of a body, then a reset': lost,
    'a session id': /"done"/, 'a trailer': /"done"/, 'an interim response': /"done"/, 'bytes after the body': /"done"/, 'event ids and comments': /"done"|the message is larger than the limit|not valid MCP/,
    'a question to the person': /"done"|not valid MCP/, 'a status line': /see the status/, 'header fields': /see the header/,
    'an image': /"data":"[^"]*(cmVkYWN0ZW|JlZGFjdGVk|yZWRhY3RlZ)/, // "redacted", as base64
};

// Sends each cell, and gives those cells in whose answer foundIn(bytes) found something. `wrongs` gets those that were not answered as they
// must; who asks the server itself gives none.
export async function leaking(agent, list, foundIn, wrongs) {
    const hits = new Map();
    await all(list, async (cell) => {
        const from = agent.tape.length;
        const progress = 3;
        const enough = new AbortController(); // for who asks the server itself, which leaves the connection open there
        const ask = () => agent.request('tools/call', { name: 'reflect', arguments: cell }, { progress, signal: enough.signal });
        const request = ask();
        const entry = agent.tape[from];
        const look = setInterval(() => {
            if (!wrongs && cell.how === 'bytes after the body' && foundIn(Buffer.concat(entry.parts)).length > 0) enough.abort();
        }, 300);
        let read = await request;
        clearInterval(look);
        const came = cameBack[cell.how] ?? /\[redacted: /;
        // Some ways close the connection without a word, and a call that was just sent on it is lost: not by its own way.
        for (let tries = 0; wrongs && tries < 5 && !came.test(read.text) && lost.test(read.text); tries++) read = await ask();
        if (wrongs && !(read.message && came.test(read.text))) wrongs.push(`${say(cell, agent.era)}: ${came} did not come: ${read.text.slice(0, 200)}`);
        const found = foundIn(Buffer.concat(entry.parts));
        if (found.length > 0) hits.set(say(cell, agent.era), found.join('; '));
    });
    return hits;
}
