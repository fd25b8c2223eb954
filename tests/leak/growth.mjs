// The attack that grows a key byte by byte, through the whole stack. A server gives back pages that the agent wrote, and its key beside them.
// The agent knows a beginning of the key: the first block and some of the next. Each page has that beginning's ends followed by each character
// that may come next, as it is and encoded, and guesses of what is left of the block; beside each a control that cannot be right. What comes
// back otherwise than its control was right, and the next page goes on from there. The request that writes has the guesses in it too, so what
// it excuses is tried with them. First as Sidegate is set, where reflections suspend the connection; then with that out of the way.
//
//   growth.mjs [MESSAGES]    10,000 unless it says otherwise
import { randomInt } from 'node:crypto';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { PlainPerson, callTool, request } from '../lib/wire.mjs';
import { Upstream, header } from '../upstreams/lib.mjs';
import { encodings } from '../upstreams/reflecting.mjs';
import { check, end, note } from './report.mjs';

const MESSAGES = Number(process.argv[2] ?? 10_000);
const KEY = 33;
const KNOWN = 17;
const WIDE = 32;
const GROUPS = 4; // of guesses in a page
const LABEL = '[redacted: notes]';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const CONTROL = '~'; // no key has it
const ways = Object.values(encodings);
const word = (n) => Array.from({ length: n }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
const key = word(KEY);

// "page" writes a page, or reads it; the answer has the key that came, in the body and in a header.
const pages = new Map();
const upstream = await new Upstream(async (req, res, entry) => {
    const { name, lines } = entry.message?.params?.arguments ?? {};
    const came = header(entry, 'authorization');
    const result = entry.rpc !== 'tools/call'
        ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' }
        : { content: [{ type: 'text', text: came ?? 'no key' }], structuredContent: { lines: lines ? [] : pages.get(name) ?? [] } };
    if (lines) pages.set(name, lines);
    res.writeHead(came ? 200 : 401, { 'content-type': 'application/json', 'x-key': came ?? '' });
    res.end(JSON.stringify({ jsonrpc: '2.0', id: entry.message?.id, result: { resultType: 'complete', ...result } }));
}).start();

// --- the attacker: sees what an agent sees ----------------------------------------------------------------------------------------------

class Attacker {
    known = key.slice(0, KNOWN);
    learned = new Set();
    #turn = 0;

    // Guesses that differ in nothing else, the control first: of the next byte, behind some of what is known; or of the rest of a block.
    #group() {
        const n = this.#turn++;
        const { known } = this;
        const encode = ways[n % ways.length];
        const tail = known.slice(-1 - (Math.floor(n / ways.length) % known.length));
        const next = n % 5 === 4 ? Array.from(ALPHABET, () => word(12 - (known.length % 12))) : [...ALPHABET];
        return [CONTROL.repeat(next[0].length), ...next].map((more) => ({ known, more, line: encode(tail + more) }));
    }

    page() {
        return Array.from({ length: GROUPS }, () => this.#group());
    }

    // What of an answer tells more than was known.
    read(result, page) {
        const shown = result.content[0].text.replace('Bearer ', '').replaceAll(LABEL, '');
        if (!this.known.includes(shown)) this.learned.add(`the key comes back as ${shown}`);
        let { lines } = result.structuredContent;
        for (const group of page) {
            const came = lines.slice(0, group.length).map((line, i) => (line === group[i].line ? 'as it was' : line));
            lines = lines.slice(group.length);
            const right = group.filter((_, i) => came[i] !== came[0]);
            if (right.length === 1 && right[0].known === this.known) {
                this.learned.add(`${right[0].more} follows ${this.known}`);
                this.known += right[0].more[0];
            }
        }
    }
}

// --- one Sidegate under attack ----------------------------------------------------------------------------------------------------------

async function siege(limits, most) {
    const gate = new Sidegate();
    await gate.init({ limits, upstreams: { notes: upstreamConfig(upstream.url, { title: 'Notes', credential: { lease: { kind: 'keep' } } }) } });
    await gate.serve();
    const agentKey = await gate.addKey();
    const person = new PlainPerson({ site: gate.surfaceUrl, name: 'ana', password: gate.users.get('ana') });
    await callTool(gate.mcpUrl('notes'), agentKey, 'page', { name: 'first' }, { onLink: async (url) => { await person.give(url, [key]); } });
    const attacker = new Attacker();
    const unknown = key.slice(-8);
    const began = Date.now();
    let sent = 0;
    let stop; // what came instead of an answer
    const ask = async (args, page) => {
        sent++;
        const read = await request(gate.mcpUrl('notes'), agentKey, 'tools/call', { name: 'page', arguments: args });
        const { result } = read.message ?? {};
        if (result?.structuredContent?.lines.length !== page.flat().length) stop ??= JSON.stringify(read.message ?? read.status);
        else attacker.read(result, page);
        if (JSON.stringify([...read.headers, read.message]).includes(unknown)) attacker.learned.add(`${unknown} is in an answer`);
    };
    await Promise.all(Array.from({ length: WIDE }, async (_, i) => {
        while (sent + 1 < most && stop === undefined && attacker.learned.size < KEY - KNOWN) {
            const page = attacker.page();
            await ask({ name: `${i}`, lines: page.flat().map((g) => g.line) }, []);
            await ask({ name: `${i}` }, page);
        }
    }));
    const { stdout } = await gate.cli('connections');
    await gate.stop();
    if (process.env.KEEP) note(gate.dir);
    else gate.remove();
    return { sent, stop, attacker, seconds: ((Date.now() - began) / 1000).toFixed(1), suspended: /suspended/.test(stdout) };
}

const set = await siege({}, 400);
note(`as Sidegate is set: stopped after ${set.sent} messages by ${set.suspended ? 'the suspension' : 'nothing'}: ${set.stop?.slice(0, 200)}`);
check('the connection is suspended', set.suspended || [`not after ${set.sent} messages`]);
check('and until then the agent has learned nothing', [...set.attacker.learned]);
const long = await siege({ screen_hits: 1_000_000 }, MESSAGES);
note(`with no suspension: ${long.sent} messages in ${long.seconds} s`);
check(`after ${MESSAGES} messages the agent has learned nothing`, [...long.attacker.learned]);
check('and each was answered', long.stop ?? []);
await upstream.stop();
end();
