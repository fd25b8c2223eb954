// A weather station that keeps a log book: a small, believable MCP server on the official SDK. It refuses every request
// without its API key, and keeps what it got. Run by itself it prints its address; the demo does that.
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { McpServer, fromJsonSchema } from '@modelcontextprotocol/server';
import { Upstream, answer, header, mcpServing } from './lib.mjs';

const stations = {
    harbour: { name: 'Harbour wall', temperature: 11.5, wind: 'south-west 6', sea: 'rough' },
    hill: { name: 'Signal hill', temperature: 8.0, wind: 'west 7', sea: null },
};
const object = (properties, required = Object.keys(properties)) => fromJsonSchema({ type: 'object', properties, required });
const text = (value) => ({ content: [{ type: 'text', text: value }] });

const officers = ['Ana', 'Anders', 'Bo'];

// The MCP server itself. It knows nothing of keys: the check in front of it does. `lookouts` gets the signal of each lookout.
function factory(book, lookouts, station) {
    return () => {
        const mirrored = station.mirrored ? { 'x-mcp-header': 'Station' } : {};
        const server = new McpServer(
            { name: 'weather-station', version: '1.4.0', title: 'Weather station' },
            { capabilities: { logging: {}, tools: {}, resources: {}, prompts: {}, completions: {} } },
        );
        server.registerTool('weather', {
            title: 'Weather now',
            description: 'What one station measures now. Stations: harbour, hill.',
            inputSchema: object({ station: { type: 'string', enum: Object.keys(stations), ...mirrored } }),
            outputSchema: object({ station: { type: 'string' }, temperature: { type: 'number' }, wind: { type: 'string' } }),
            annotations: { readOnlyHint: true, openWorldHint: false },
        }, async ({ station }) => {
            const s = stations[station];
            return {
                ...text(`${s.name}: ${s.temperature} °C, wind ${s.wind}${s.sea ? `, sea ${s.sea}` : ''}.`),
                structuredContent: { station, temperature: s.temperature, wind: s.wind },
            };
        });
        server.registerTool('note', {
            title: 'Write in the log book',
            description: 'Adds a line to the log book of the station. Each call adds one.',
            inputSchema: object({ text: { type: 'string', maxLength: 4000 } }),
        }, async ({ text: line }) => {
            book.push(line);
            return text(`Noted as line ${book.length}.`);
        });
        server.registerTool('forecast', {
            title: 'Forecast',
            description: 'Computes a forecast; reports progress while it does.',
            inputSchema: object({ hours: { type: 'integer', minimum: 1, maximum: 48 } }),
        }, async ({ hours }, ctx) => {
            const token = ctx.mcpReq._meta?.progressToken;
            for (let step = 1; token !== undefined && step <= 3; step++) {
                await ctx.mcpReq.notify({
                    method: 'notifications/progress',
                    params: { progressToken: token, progress: step, total: 3, message: `model run ${step} of 3` },
                });
            }
            return text(`Wind west, easing within ${hours} hours.`);
        });
        server.registerTool('lookout', {
            title: 'Keep a lookout',
            description: 'Keeps a lookout until it is called off.',
            inputSchema: object({}),
        }, async (_, ctx) => {
            await ctx.mcpReq.log('info', 'the lookout has a coffee');
            await ctx.mcpReq.log('warning', 'the lookout is up');
            lookouts.push(ctx.mcpReq.signal);
            await new Promise((done) => { ctx.mcpReq.signal.addEventListener('abort', done); });
            return text('Called off.');
        });
        server.server.setRequestHandler('completion/complete', ({ params }) => (
            { completion: { values: officers.filter((name) => name.startsWith(params.argument.value)) } }));
        server.registerResource('log book', 'station://book', { mimeType: 'text/plain', description: 'The log book.' },
            async (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: book.join('\n') }] }));
        server.registerPrompt('watch', {
            description: 'How to write up a watch.',
            argsSchema: object({ officer: { type: 'string' } }),
        }, async ({ officer }) => ({
            messages: [{ role: 'user', content: { type: 'text', text: `Write up the watch of ${officer} from the log book.` } }],
        }));
        return server;
    };
}

export const bearer = (key) => (entry) => header(entry, 'authorization') === `Bearer ${key}`;

// start({ key, check, port, eras, open }): `check` replaces the bearer check; methods in `open` need no key;
// `refusal` answers instead of the plain 401. `book` is the log book, `lookouts` the lookouts' signals. While `mirrored` is true, the
// argument of the tool weather is mirrored in a header.
export async function start({ key, check = bearer(key), port = 0, eras, open = [], refusal } = {}) {
    const book = [];
    const lookouts = [];
    const station = new Upstream(async (req, res, entry) => {
        entry.authorised = station.check(entry);
        if (!entry.authorised && !open.includes(entry.rpc)) {
            if (refusal) return refusal(req, res, entry);
            res.setHeader('www-authenticate', 'Bearer realm="weather station"');
            return answer(res, 401, -32000, 'The weather station needs its API key', undefined, entry.message?.id ?? null);
        }
        await serve(req, res, entry);
    });
    const serve = mcpServing(factory(book, lookouts, station), { eras });
    station.check = check;
    station.setKey = (value) => { station.check = bearer(value); };
    station.book = book;
    station.lookouts = lookouts;
    return station.start(port);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [keyFile, port = '0'] = process.argv.slice(2);
    if (!keyFile) {
        console.error('usage: station.mjs KEY-FILE [PORT]');
        process.exit(2);
    }
    const station = await start({ key: readFileSync(keyFile, 'utf8').trim(), port: Number(port) });
    // For whoever started it: one line a request, with what it carried.
    let told = 0;
    setInterval(() => {
        for (; told < station.requests.length; told++) {
            const { method, rpc, name, authorised, headers } = station.requests[told];
            const authorization = headers.find(([n]) => n.toLowerCase() === 'authorization')?.[1] ?? null;
            console.log(JSON.stringify({ method, rpc, name, authorised, authorization }));
        }
    }, 20);
    console.log(JSON.stringify({ listening: station.url }));
    process.once('SIGTERM', () => process.exit(0));
}
