import { textOf } from '../../lib/agent.mjs';
import { says, send } from '../../lib/person.mjs';

export const name = 'Sidegate is restarted, or killed and started, while a person types: the page still works, and the next call finds it done';
export const clients = ['sdk 1.x', 'client 2.x auto', 'client 2.x pinned'];

export default async function (t, client) {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
        const { key, station, sidegate, agent, person } = await t.cast({ client });
        const call = agent.call('note', { text: 'waited' }, { timeout: 8_000 }).then((v) => ({ v }), (error) => ({ error }));
        const { url } = await agent.link();
        await person.open(url);
        await person.fill({ 'API key': key });
        await sidegate.restart(signal);
        person.forgiveDown();
        await person.press(send);
        if (await person.asksLogIn()) await person.logIn();
        if (await person.page.getByLabel('API key').count()) {
            await person.fill({ 'API key': key });
            await person.press(send);
        }
        t.match(await person.text(), says.done, `${signal}: the page says that it is done`);
        await call;
        const next = await t.agent(sidegate, { kind: client, key: agent.key });
        t.match(textOf(await next.call('note', { text: 'next' })), /Noted/, `${signal}: the next call goes through`);
        t.equal(next.links, [], `${signal}: without asking again`);
        for (const line of ['waited', 'next']) t.ok(station.book.filter((l) => l === line).length <= 1, `${signal}: no call was sent twice: ${station.book}`);
    }
}
