// What a reflecting server says beside every call, on a standing stream: GET in the legacy era, subscriptions/listen in the modern one.
import { notices, questions } from '../upstreams/reflecting.mjs';
import { PATIENCE } from '../lib/patience.mjs';
import { TapedAgent } from './taped.mjs';

const answers = {
    'elicitation/create': { action: 'decline' },
    'sampling/createMessage': { role: 'assistant', content: { type: 'text', text: 'no' }, model: 'none' },
    'roots/list': { roots: [] },
};

// As the server sends it: { method, mode }, which tells one kind from the others.
const kinds = Object.entries({ ...notices, ...questions }).map(([kind, make]) => {
    const { method, params } = make('');
    return { kind, method, mode: params.mode, asks: kind in questions };
});
export const kindOf = (m) => kinds.find((k) => k.method === m.method && k.mode === m.params?.mode)?.kind;
export const kindsOf = (era) => kinds.filter((k) => era === 'legacy' || !k.asks).map((k) => k.kind);

// An agent like the given one, which declared everything, has its stream open while the server is told to say all that it can in each of
// the encodings. Gives { heard: Map encoding -> messages, bytes }.
export async function hearBeside(like, encodings) {
    const agent = new TapedAgent({ ...like, declares: { elicitation: { form: {} }, sampling: {}, roots: {} } });
    const heard = new Map();
    const answering = [];
    let now = [];
    let all;
    let open;
    const opened = new Promise((done) => { open = done; });
    const onMessage = (m) => {
        if (/^notifications\/(vendor\/open|subscriptions\/acknowledged)$/.test(m.method)) open();
        else if (m.method === 'notifications/vendor/all') all?.(m.params.encoding);
        else now.push(m);
        if (m.method && m.id !== undefined) answering.push(agent.send({ jsonrpc: '2.0', id: m.id, result: answers[m.method] ?? {} }, { what: 'answer' }));
    };
    const abort = new AbortController();
    let listening;
    const first = agent.tape.length;
    if (agent.era === 'legacy') {
        await agent.start({ stream: true, onMessage });
    } else {
        listening = agent.request('subscriptions/listen', { notifications: { toolsListChanged: true, resourcesListChanged: true } }, { onMessage, signal: abort.signal });
    }
    await opened;
    for (const encoding of encodings) {
        now = [];
        heard.set(encoding, now);
        const said = new Promise((done, fail) => {
            const timer = setTimeout(() => fail(new Error(`the server's ${encoding} never came to its end`)), PATIENCE);
            all = (which) => { if (which === encoding) { clearTimeout(timer); done(); } };
        });
        await Promise.all([said, agent.request('tools/call', { name: 'reflect', arguments: { how: 'beside the call', encoding } })]);
        await Promise.all(answering.splice(0));
    }
    abort.abort();
    await listening;
    await agent.stop();
    return { heard, bytes: agent.got(first) };
}
