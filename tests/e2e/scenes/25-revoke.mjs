import { everyClient } from '../../lib/agent.mjs';

export const name = 'a revoked connection is used no more: from the page, and by the command';
export const clients = everyClient;

export default async function (t, client) {
    const { key, station, sidegate, agent, person } = await t.cast({ client, credential: { lease: { kind: 'keep' } } });
    const connect = async (nth) => {
        agent.onLink = () => 'accept';
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link(nth)).url, { 'API key': key });
        await call;
        agent.onLink = () => 'cancel';
    };
    const refused = async (what) => {
        const before = station.requests.filter((r) => r.authorised).length;
        t.equal((await agent.call('weather', { station: 'harbour' })).isError, true, `${what}: the next call asks`);
        t.equal(station.requests.filter((r) => r.authorised).length, before, `${what}: nothing more was sent with the key`);
    };
    await connect(0);
    await person.page.goto(`${person.site}/connections`);
    t.match(await person.text(), /Weather station/, 'the page lists the connection');
    await person.page.locator('summary').first().click();
    await person.press('Revoke now');
    await refused('by the page');
    await connect(2);
    const said = await sidegate.cli('revoke', '--upstream', 'weather');
    t.equal(said.status, 0, `sidegate revoke: ${said.stderr}`);
    await refused('by the command');
}
