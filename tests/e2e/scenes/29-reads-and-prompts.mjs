import { everyClient } from '../../lib/agent.mjs';

export const name = 'resources and prompts ask for the key as tools do';
export const clients = everyClient;

export default async function (t, client) {
    for (const [what, ask, pattern] of [
        ['a resource', (a) => a.client.readResource({ uri: 'station://book' }), /station:\/\/book/],
        ['a prompt', (a) => a.client.getPrompt({ name: 'watch', arguments: { officer: 'Ana' } }), /watch of Ana/],
    ]) {
        const { key, agent, person } = await t.cast({ client });
        const call = ask(agent);
        await person.give((await agent.link()).url, { 'API key': key });
        t.match(JSON.stringify(await call), pattern, what);
    }
}
