// What both crash tests do and check: agents whose every call needs a handoff of its own (lease once), and what must then be true.
import { createHash, randomBytes } from 'node:crypto';
import { Sidegate, upstreamConfig } from '../lib/sidegate.mjs';
import { PATIENCE } from '../lib/patience.mjs';
import { PlainPerson, callTool, title } from '../lib/wire.mjs';
import { bearer, start as startStation } from '../upstreams/station.mjs';

export async function cast({ build } = {}) {
    const key = `sk_live_${randomBytes(18).toString('base64url')}`;
    const station = await startStation({ key });
    // Each call with the key as it arrived: none may without a record of its use that is durable, which names the digest of its bytes.
    const arrivals = []; // { at, body }
    station.check = (entry) => {
        const right = bearer(key)(entry);
        if (right && entry.rpc === 'tools/call') arrivals.push({ at: process.hrtime.bigint(), body: createHash('sha256').update(entry.body).digest('hex') });
        return right;
    };
    const gate = new Sidegate({ build });
    await gate.init({
        log: { level: 'info' },
        limits: {
            hold_time: 3_000, handoffs_per_client: 1_000, logins_per_minute: 1_000, submits_per_handoff: 100, calls_per_client: 1_000,
            prompts_per_hour: 10_000, user_prompts_per_hour: 10_000, upstream_prompts_per_hour: 10_000,
        },
        upstreams: { weather: upstreamConfig(station.url, { credential: { lease: { kind: 'once' } } }) },
    });
    return { key, station, gate, arrivals };
}

// What was told to somebody: acks = [{ at (ns), handoff?, note?, declined?, removed?, revokedBefore? }].
export class Witness {
    acks = [];
    #waiting = new Set();

    told(what) {
        this.acks.push({ at: process.hrtime.bigint(), ...what });
        for (const look of this.#waiting) look();
    }

    // Waits until so many handoffs were told to be done; false when that takes too long.
    until(count, time = PATIENCE) {
        return new Promise((done) => {
            const end = (value) => { clearTimeout(timer); this.#waiting.delete(look); done(value); };
            const look = () => { if (this.handoffs.size >= count) end(true); };
            const timer = setTimeout(() => end(false), time);
            this.#waiting.add(look);
            look();
        });
    }

    get handoffs() {
        return new Set(this.acks.filter((a) => a.handoff).map((a) => a.handoff));
    }

    get notes() {
        return this.acks.filter((a) => a.note).map((a) => a.note);
    }
}

export const idOf = (url) => new URL(url).pathname.split('/').pop();

// One agent and its person, over and over until `more()` is false. Whatever fails is begun again with a new note.
export async function live({ gate, key }, agentKey, witness, more, { name = 'ana', password = gate.users.get(name) } = {}) {
    const person = new PlainPerson({ site: gate.surfaceUrl, name, password });
    const give = async (url) => {
        const page = await person.give(url, [key]);
        if (!/^done/i.test(title(page))) throw new Error(`the page said "${title(page)}"`);
        witness.told({ handoff: idOf(url) });
    };
    while (more()) {
        const note = randomBytes(8).toString('hex');
        const lost = new AbortController(); // the person got nowhere: nothing to wait for
        try {
            const { message } = await callTool(gate.mcpUrl('weather'), agentKey, 'note', { text: note }, {
                onLink: (url) => { give(url).catch(() => lost.abort()); },
                signal: AbortSignal.any([lost.signal, AbortSignal.timeout(PATIENCE)]),
            });
            if (message?.result && !message.result.isError) witness.told({ note });
        } catch { /* a process was killed under it */ }
    }
}

function twice(values) {
    const seen = new Set();
    return values.filter((v) => seen.has(v) || !seen.add(v));
}

// What the audit log and the station's book must never show. Gives sentences, none when all is well.
export function wrongs({ records, book = [], arrivals = [], witness, until }) {
    const acks = witness.acks.filter((a) => until === undefined || a.at < until);
    const completed = records.filter((r) => r.event === 'handoff_completed').map((r) => r.handoff);
    const reserved = records.filter((r) => r.event === 'use_reserved').map((r) => r.use);
    const out = [];
    const sent = arrivals.filter(({ at }) => until === undefined || at < until).map(({ body }) => body);
    const logged = new Set(records.filter((r) => r.event === 'use_reserved').map((r) => r.body));
    for (const body of sent) if (!logged.has(body)) out.push(`the call with the digest ${body} arrived, and the log has no use with it`);
    for (const body of twice(sent)) out.push(`the call with the digest ${body} arrived twice`);
    for (const h of twice(completed)) out.push(`handoff ${h} completed twice`);
    for (const u of twice(reserved)) out.push(`use ${u} was reserved twice`);
    for (const n of twice(book)) out.push(`the call with note ${n} was sent twice`);
    for (const h of new Set(acks.filter((a) => a.handoff).map((a) => a.handoff))) {
        if (!completed.includes(h)) out.push(`handoff ${h} was told to be done, and is not in the log`);
    }
    for (const { note } of acks.filter((a) => a.note)) {
        if (until === undefined && !book.includes(note)) out.push(`the call with note ${note} was told to be done, and never arrived`);
    }
    return out;
}
