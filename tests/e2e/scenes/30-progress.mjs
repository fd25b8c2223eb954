import { everyClient } from '../../lib/agent.mjs';

export const name = 'progress, after the handoff and without one, reaches the client in order';
export const clients = everyClient;

export default async function (t, client) {
    const { key, agent, person } = await t.cast({ client });
    for (const asked of [true, false]) {
        const steps = [];
        const call = agent.call('forecast', { hours: 6 }, { onprogress: (p) => { if (/model run/.test(p.message ?? '')) steps.push(p.message); } });
        if (asked) await person.give((await agent.link()).url, { 'API key': key });
        t.match(JSON.stringify(await call), /easing within 6 hours/, 'the result');
        t.equal(steps, [1, 2, 3].map((n) => `model run ${n} of 3`), `the progress${asked ? ' after the handoff' : ''}`);
    }
}
