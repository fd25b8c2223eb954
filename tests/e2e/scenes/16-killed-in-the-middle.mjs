import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';
import { PATIENCE } from '../../lib/patience.mjs';

export const name = 'each process is killed once while a call waits: the handoff is still there, the work gets done, and no call is sent twice';
export const clients = oneAnEra;

// Whether the waiting call is done all the same; what a client sees of the others' death is its own business.
const roles = { surface: true, audit: true, dialer: true, egress: true, gateway: false, keeper: false, supervisor: false };

export default async function (t, client) {
    for (const [role, survives] of Object.entries(roles)) {
        const { key, station, sidegate, agent, person } = await t.cast({ client });
        await agent.tools(); // asks the server, so that there is an egress process
        const call = agent.call('note', { text: 'waited' }, { timeout: survives ? PATIENCE : 8_000 }).then((v) => ({ v }), (error) => ({ error }));
        const { url } = await agent.link();
        const pid = sidegate.pidOf(role);
        t.ok(pid, `${role} is running`);
        const from = sidegate.log.length;
        process.kill(pid, 'SIGKILL');
        if (role === 'supervisor') {
            await sidegate.exit;
            await sidegate.serve();
        } else {
            // An egress process is started again when it is wanted.
            await sidegate.logged(new RegExp(`${role === 'egress' ? 'process_ended' : 'process_ready'} name="${role}`), PATIENCE, from);
        }
        let page = await person.give(url, { 'API key': key }).catch(() => '');
        for (let tries = 0; !says.done.test(page) && tries < 5; tries++) page = await person.give(url, { 'API key': key }).catch(() => person.text());
        person.forgiveDown();
        t.match(page, says.done, `${role} killed: the page is done in the end`);
        const { v, error } = await call;
        if (survives) t.match(error ? String(error) : textOf(v), /Noted/, `${role} killed: the waiting call goes through`);
        const next = await t.agent(sidegate, { kind: client, key: agent.key });
        t.match(textOf(await next.call('note', { text: 'next' })), /Noted/, `${role} killed: the next call goes through`);
        t.equal(next.links, [], `${role} killed: without asking again`);
        for (const line of ['waited', 'next']) t.ok(station.book.filter((l) => l === line).length <= 1, `${role} killed: no call was sent twice: ${station.book}`);
    }
}
