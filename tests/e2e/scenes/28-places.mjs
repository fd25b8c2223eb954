import { oneAnEra, textOf } from '../../lib/agent.mjs';
import { header } from '../../upstreams/lib.mjs';

export const name = 'a credential goes where the configuration says: any header, basic auth, a query parameter, several fields at once';
export const clients = oneAnEra;

const nasty = 'p%40ss "word" \\ /+&=?#';
const cases = {
    'another header': {
        credential: { place: [{ in: 'header', name: 'X-Api-Key', format: '{key}' }] },
        give: (key) => ({ 'API key': key }),
        check: (key) => (entry) => header(entry, 'x-api-key') === key && !header(entry, 'authorization'),
    },
    'basic auth': {
        credential: {
            fields: [{ name: 'user', label: 'Account', secret: false }, { name: 'pass', label: 'Account secret', secret: true }],
            place: [{ in: 'basic', user: 'user', password: 'pass' }],
        },
        give: (key) => ({ 'Account secret': `${nasty}${key}`, Account: 'harbour-7' }),
        check: (key) => (entry) => header(entry, 'authorization') === `Basic ${Buffer.from(`harbour-7:${nasty}${key}`).toString('base64')}`,
    },
    'a query parameter': {
        credential: { place: [{ in: 'query', name: 'api key', format: '{key}' }] },
        give: (key) => ({ 'API key': `${nasty}${key}` }),
        check: (key) => (entry) => new URL(entry.path, 'http://x').searchParams.get('api key') === `${nasty}${key}`,
    },
    'several fields': {
        credential: {
            fields: [{ name: 'tenant', label: 'Tenant', secret: false }, { name: 'id', label: 'Client id', secret: true }, { name: 'key', label: 'Client key', secret: true }],
            place: [{ in: 'header', name: 'X-Tenant', format: '{tenant}' }, { in: 'header', name: 'X-Client', format: '{id}:{key}' }],
        },
        give: (key) => ({ Tenant: 'north', 'Client id': 'id-123456', 'Client key': key }),
        check: (key) => (entry) => header(entry, 'x-tenant') === 'north' && header(entry, 'x-client') === `id-123456:${key}`,
    },
};

export default async function (t, client) {
    for (const [what, { credential, give, check }] of Object.entries(cases)) {
        const key = t.secret(what);
        const { station, agent, person } = await t.cast({ client, credential });
        station.check = check(key);
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link()).url, give(key));
        t.match(textOf(await call), /Harbour wall/, what);
    }
}
