import { code, exchange, message, modern, post } from '../../lib/raw.mjs';
import { upstreamConfig } from '../../lib/sidegate.mjs';
import { Upstream, header } from '../../upstreams/lib.mjs';

export const name = 'a server\'s own requestState comes back to it once, for the request, the agent and the credential that it was given for, so often, and in clear to nobody else';

// A server that believes whatever requestState comes: "ask" gives one with a question, "wait" without a question, "plain" asks
// without one, "ever" does so whatever it is answered. That it has a time is in scene 46.
const question = { inputRequests: { name: { method: 'elicitation/create', params: { mode: 'form', message: 'Which?', requestedSchema: { type: 'object', properties: { n: { type: 'string' } } } } } } };
const first = { ask: { ...question, requestState: 'ask "in clear"' }, wait: { requestState: 'wait in clear' }, plain: question, ever: question };
const answered = { inputResponses: { name: { action: 'accept', content: { n: 'x' } } } };

async function server(t, key) {
    const upstream = new Upstream((req, res, entry) => {
        const { params, id, method } = entry.message;
        if (key && header(entry, 'authorization') !== `Bearer ${key}`) return void res.writeHead(401).end();
        const goesOn = params.name !== 'ever' && (params.requestState !== undefined || params.inputResponses !== undefined);
        const result = method === 'tools/call' && !goesOn
            ? { resultType: 'input_required', ...first[params.name] }
            : { resultType: 'complete', content: [{ type: 'text', text: `state ${JSON.stringify(params.requestState ?? null)}` }] };
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
    await upstream.start();
    t.later(() => upstream.stop());
    return upstream;
}

export default async function (t) {
    const key = t.secret();
    const [one, two, keyed] = [await server(t), await server(t), await server(t, key)];
    const sidegate = await t.sidegate({ limits: { continuations: 3 }, upstreams: {
        one: upstreamConfig(one.url, { credential: null }), two: upstreamConfig(two.url, { credential: null }),
        keyed: upstreamConfig(keyed.url, { credential: { lease: { kind: 'once' } } }),
    } });
    await t.user(sidegate, 'bob');
    const [mine, other, his] = [await sidegate.addKey('ana', 'raw'), await sidegate.addKey('ana', 'other'), await sidegate.addKey('bob', 'desk')];
    const person = await t.person(sidegate);
    const tool = (name, more = {}) => ({ name, arguments: { a: 1 }, ...more });
    const exchanged = (params, { at = 'one', who = mine } = {}) => exchange(sidegate.gatewayPort, post(sidegate, at, who, modern('tools/call', params)));
    const send = async (params, options) => message(await exchanged(params, options));
    const text = (answer) => answer.result?.content?.[0]?.text;
    const reached = () => one.requests.length + two.requests.length + keyed.seen('tools/call').filter((r) => header(r, 'authorization')).length;
    const refused = async (what, params, options) => {
        const before = reached();
        const answer = await exchanged(params, options);
        t.equal(code(answer), -32602, `${what}: refused: ${answer.text.slice(-300)}`);
        t.equal(reached(), before, `${what}: nothing reached a server`);
    };

    for (const name of ['ask', 'wait', 'plain']) {
        const { result } = await send(tool(name));
        t.equal(result.resultType, 'input_required', `${name}: it asks`);
        t.ok(result.requestState && !result.requestState.includes('clear'), `${name}: the state is sealed`);
        const retry = { requestState: result.requestState, ...(name === 'wait' ? {} : answered) };
        await refused(`${name}, other arguments`, tool(name, { arguments: { a: 2 }, ...retry }));
        await refused(`${name}, another tool`, tool(name === 'ask' ? 'wait' : 'ask', retry));
        await refused(`${name}, another server`, tool(name, retry), { at: 'two' });
        await refused(`${name}, a server with a key`, tool(name, retry), { at: 'keyed' });
        await refused(`${name}, another agent key`, tool(name, retry), { who: other });
        await refused(`${name}, another person`, tool(name, retry), { who: his });
        await refused(`${name}, as the server wrote it`, tool(name, { ...retry, requestState: first[name].requestState ?? 'x' }));
        t.equal(text(await send(tool(name, retry))), `state ${JSON.stringify(first[name].requestState ?? null)}`, `${name}: the server gets back what it gave`);
        await refused(`${name}, twice`, tool(name, retry));
    }
    t.ok((await send(tool('ask', answered))).result?.inputRequests, 'answers that nobody asked for are dropped: the server asks');

    let last = await send(tool('ever'));
    for (let k = 0; k < 3; k++) last = await send(tool('ever', { requestState: last.result.requestState, ...answered }));
    t.match(last.error?.message, /continuations\); start the call again/, 'a server that never stops asking is stopped');
    t.ok((await send(tool('ever'))).result?.requestState, 'and the call may begin again');

    // With a credential: the yes to one call is for all of it, and for nothing when it was taken back.
    const give = async (params) => {
        const asked = await send(params, { at: 'keyed' });
        await person.give(Object.values(asked.result.inputRequests)[0].params.url, { 'API key': key });
        return (await send({ ...params, requestState: asked.result.requestState, inputResponses: { sidegate: { action: 'accept' } } }, { at: 'keyed' })).result;
    };
    const state = (await give(tool('ask'))).requestState;
    t.equal(text(await send(tool('ask', { requestState: state, ...answered }), { at: 'keyed' })), 'state "ask \\"in clear\\""', 'once: the answer to the server\'s question goes with the same yes');
    await refused('once, twice', tool('ask', { requestState: state, ...answered }), { at: 'keyed' });
    t.match(Object.values((await send(tool('ask'), { at: 'keyed' })).result.inputRequests)[0].params.url, /\/h\//, 'and the same call again asks the person');
    const revoked = (await give(tool('ask'))).requestState;
    t.equal((await sidegate.cli('revoke', '--upstream', 'keyed')).status, 0, 'the person takes it back');
    await refused('after revoking', tool('ask', { requestState: revoked, ...answered }), { at: 'keyed' });
}
