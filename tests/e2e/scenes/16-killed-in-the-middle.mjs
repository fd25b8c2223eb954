import { textOf } from '../../lib/agent.mjs';
import { says } from '../../lib/person.mjs';

export const name = 'each process is killed once while a call waits: the handoff is still there, and the work gets done';

export default async function (t) {
    for (const role of ['gateway', 'surface', 'keeper', 'audit', 'dialer', 'egress']) {
        const { key, sidegate, agent, person } = await t.cast();
        const call = agent.call('weather', { station: 'harbour' }, { timeout: 8_000 }).then((v) => ({ v }), (error) => ({ error }));
        const { url } = await agent.link();
        const pid = sidegate.pidOf(role);
        if (role !== 'egress') t.ok(pid, `${role} is running`);
        if (pid) {
            const from = sidegate.log.length;
            process.kill(pid, 'SIGKILL');
            if (role !== 'egress') await sidegate.logged(new RegExp(`process_ready name="${role}`), 20_000, from);
        }
        let page = await person.give(url, { 'API key': key }).catch(() => '');
        for (let tries = 0; !says.done.test(page) && tries < 5; tries++) page = await person.give(url, { 'API key': key }).catch(() => person.text());
        t.match(page, says.done, `${role} killed: the page is done in the end`);
        await call;
        const next = await t.agent(sidegate, { key: agent.key });
        t.match(textOf(await next.call('weather', { station: 'harbour' })), /Harbour wall/, `${role} killed: the next call goes through`);
    }
}
