// The server that the conformance suite (0.2.0-alpha.12) is run against, directly and through Sidegate: every tool, resource and prompt
// that its server scenarios ask for, in both eras. Where the eras differ, a legacy tool asks the client by a request of its own and a
// modern one answers input_required. It needs no key unless one is given, since the suite cannot carry one.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
    CLIENT_CAPABILITIES_META_KEY, McpServer, ResourceTemplate, acceptedContent, createRequestStateCodec,
    fromJsonSchema, inputRequired,
} from '@modelcontextprotocol/server';
import { Upstream, answer, mcpServing } from './lib.mjs';
import { bearer } from './station.mjs';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const text = (value) => ({ content: [{ type: 'text', text: value }] });
const schema = (properties, required = Object.keys(properties)) => fromJsonSchema({ type: 'object', properties, required });
const formOf = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const string = { type: 'string' };
const after = (ms) => new Promise((done) => { setTimeout(done, ms); });

const defaults = formOf({
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
}, []);
const titled = (word) => [1, 2, 3].map((n) => ({ const: `value${n}`, title: `${['First', 'Second', 'Third'][n - 1]} ${word}` }));
const enums = formOf({
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
}, []);

// Schema features of JSON Schema 2020-12 that a gateway must carry unchanged.
const vocabulary = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: string, city: string } } },
    properties: { name: string, address: { $ref: '#/$defs/address' }, contactMethod: { type: 'string', enum: ['phone', 'email'] }, phone: string, email: string },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
};

const plainTools = {
    test_simple_text: () => text('This is a simple text response for testing.'),
    test_image_content: () => ({ content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }),
    test_audio_content: () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }),
    test_embedded_resource: () => ({
        content: [{ type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' } }],
    }),
    test_multiple_content_types: () => ({
        content: [
            { type: 'text', text: 'Multiple content types test:' },
            { type: 'image', data: PNG, mimeType: 'image/png' },
            { type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
        ],
    }),
    test_error_handling: () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }),
    test_tool_with_logging: async (_, ctx) => {
        for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
            await ctx.mcpReq.log('info', line);
            await after(50);
        }
        return text('Logged three times.');
    },
    test_logging_tool: async (_, ctx) => {
        await ctx.mcpReq.log('info', 'only with a log level');
        return text('Logged.');
    },
    test_tool_with_progress: async (_, ctx) => {
        const token = ctx.mcpReq._meta?.progressToken;
        for (const progress of [0, 50, 100]) {
            if (token !== undefined) {
                await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress, total: 100, message: `${progress} of 100` } });
            }
            await after(50);
        }
        return text('Progressed.');
    },
    test_reconnection: async (_, ctx) => {
        ctx.http?.closeSSE?.();
        await after(100);
        return text('Reconnected.');
    },
};

function addPlain(server, era) {
    for (const [name, run] of Object.entries(plainTools)) {
        server.registerTool(name, { description: `Conformance tool ${name}.`, inputSchema: schema({}) }, run);
    }
    server.registerTool('json_schema_2020_12_tool', { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(vocabulary) },
        () => text('Valid.'));
    if (era === 'modern') {
        server.registerTool('test_headers', {
            description: 'A tool whose argument is mirrored in a header.',
            inputSchema: schema({ region: { type: 'string', 'x-mcp-header': 'Region' }, query: string }, ['region']),
        }, ({ region }) => text(`Region ${region}.`));
    }
}

function addResources(server) {
    server.registerResource('static text', 'test://static-text', { mimeType: 'text/plain', description: 'A static text.' },
        (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }] }));
    server.registerResource('static binary', 'test://static-binary', { mimeType: 'image/png', description: 'A static image.' },
        (uri) => ({ contents: [{ uri: uri.href, mimeType: 'image/png', blob: PNG }] }));
    server.registerResource('watched', 'test://watched-resource', { mimeType: 'text/plain', description: 'A resource to subscribe to.' },
        (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'watched' }] }));
    server.registerResource('template', new ResourceTemplate('test://template/{id}/data', { list: undefined }),
        { mimeType: 'application/json', description: 'A template.' },
        (uri, { id }) => ({ contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }] }));
}

function addPrompts(server) {
    const user = (content) => ({ role: 'user', content });
    const words = (value) => user({ type: 'text', text: value });
    server.registerPrompt('test_simple_prompt', { description: 'A simple prompt.' }, () => ({ messages: [words('This is a simple prompt for testing.')] }));
    server.registerPrompt('test_prompt_with_arguments', { description: 'A prompt with arguments.', argsSchema: schema({ arg1: string, arg2: string }) },
        ({ arg1, arg2 }) => ({ messages: [words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }));
    server.registerPrompt('test_prompt_with_embedded_resource', { description: 'A prompt with a resource.', argsSchema: schema({ resourceUri: string }) },
        ({ resourceUri }) => ({
            messages: [user({ type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } }),
                words('Please process the embedded resource above.')],
        }));
    server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image.' },
        () => ({ messages: [user({ type: 'image', data: PNG, mimeType: 'image/png' }), words('Please analyze the image above.')] }));
    server.server.setRequestHandler('completion/complete', () => ({ completion: { values: ['paris', 'park', 'party'], total: 150, hasMore: false } }));
}

// Legacy: the server asks by requests of its own, on the call's stream.
function addLegacy(server) {
    server.registerTool('test_sampling', { description: 'Asks the client to sample.', inputSchema: schema({ prompt: string }) }, async ({ prompt }, ctx) => {
        const reply = await ctx.mcpReq.requestSampling({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 });
        return text(`LLM response: ${reply.content.text ?? JSON.stringify(reply.content)}`);
    });
    server.registerTool('test_elicitation', { description: 'Asks the person.', inputSchema: schema({ message: string }) }, async ({ message }, ctx) => {
        const reply = await ctx.mcpReq.elicitInput({
            message,
            requestedSchema: formOf({ username: { ...string, description: "User's response" }, email: { ...string, description: "User's email address" } }),
        });
        return text(`User response: ${JSON.stringify(reply)}`);
    });
    for (const [name, requestedSchema] of [['test_elicitation_sep1034_defaults', defaults], ['test_elicitation_sep1330_enums', enums]]) {
        server.registerTool(name, { description: `Conformance tool ${name}.`, inputSchema: schema({}) }, async (_, ctx) => {
            const reply = await ctx.mcpReq.elicitInput({ message: 'Please fill in', requestedSchema });
            return text(`Elicitation completed: action=${reply.action}, content=${JSON.stringify(reply.content ?? {})}`);
        });
    }
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}

const elicit = (message, properties) => inputRequired.elicit({ message, requestedSchema: formOf(properties) });
const sample = (prompt, maxTokens) => inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens });

// Modern: the tool answers input_required and is called again.
function addModern(server, codec, notify) {
    const tool = (name, run) => server.registerTool(name, { description: `Conformance tool ${name}.`, inputSchema: schema({}) }, run);
    const declared = (ctx) => ctx.mcpReq.envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
    const given = (ctx, key) => ctx.mcpReq.inputResponses?.[key];

    tool('test_input_required_result_elicitation', (_, ctx) => {
        const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name')?.name;
        if (typeof name === 'string') return text(`Hello, ${name}!`);
        return inputRequired({ inputRequests: { user_name: elicit('What is your name?', { name: string }) } });
    });
    tool('test_input_required_result_sampling', (_, ctx) => {
        const reply = given(ctx, 'capital_question');
        if (reply?.content) return text(`The model said: ${reply.content.text}`);
        return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
    });
    tool('test_input_required_result_list_roots', (_, ctx) => {
        const roots = given(ctx, 'client_roots')?.roots;
        if (Array.isArray(roots)) return text(`Roots: ${roots.map((r) => r.uri).join(', ')}`);
        return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    });
    tool('test_input_required_result_request_state', async (_, ctx) => {
        if (ctx.mcpReq.requestState()?.step === 'confirm' && given(ctx, 'confirm')) return text('state-ok');
        return inputRequired({ inputRequests: { confirm: elicit('Please confirm', { ok: { type: 'boolean' } }) }, requestState: await codec.mint({ step: 'confirm' }) });
    });
    tool('test_input_required_result_tampered_state', async (_, ctx) => {
        if (ctx.mcpReq.requestState()?.step === 'sealed') return text('state-ok');
        return inputRequired({ inputRequests: { confirm: elicit('Please confirm', { ok: { type: 'boolean' } }) }, requestState: await codec.mint({ step: 'sealed' }) });
    });
    tool('test_input_required_result_multiple_inputs', async (_, ctx) => {
        if (['user_name', 'greeting', 'client_roots'].every((key) => given(ctx, key))) {
            return text(`${given(ctx, 'greeting').content?.text} ${acceptedContent(ctx.mcpReq.inputResponses, 'user_name')?.name}`);
        }
        return inputRequired({
            inputRequests: { user_name: elicit('What is your name?', { name: string }), greeting: sample('Generate a greeting', 50), client_roots: inputRequired.listRoots() },
            requestState: await codec.mint({ step: 'several' }),
        });
    });
    tool('test_input_required_result_multi_round', async (_, ctx) => {
        const state = ctx.mcpReq.requestState();
        const color = acceptedContent(ctx.mcpReq.inputResponses, 'step2')?.color;
        const name = acceptedContent(ctx.mcpReq.inputResponses, 'step1')?.name;
        if (state?.round === 2 && color) return text(`${state.name} likes ${color}.`);
        if (state?.round === 1 && name) {
            return inputRequired({ inputRequests: { step2: elicit('Step 2: What is your favorite color?', { color: string }) }, requestState: await codec.mint({ round: 2, name }) });
        }
        return inputRequired({ inputRequests: { step1: elicit('Step 1: What is your name?', { name: string }) }, requestState: await codec.mint({ round: 1 }) });
    });
    tool('test_input_required_result_capabilities', (_, ctx) => {
        const can = declared(ctx);
        const all = {
            ...(can.sampling ? { sampled: sample('Say something', 50) } : {}),
            ...(can.elicitation ? { asked: elicit('Say something', { said: string }) } : {}),
            ...(can.roots ? { roots: inputRequired.listRoots() } : {}),
        };
        const open = Object.fromEntries(Object.entries(all).filter(([key]) => !given(ctx, key)));
        return Object.keys(open).length ? inputRequired({ inputRequests: open }) : text('Nothing more to ask.');
    });
    // The SDK refuses this with -32021 unless the client declared sampling.
    tool('test_missing_capability', (_, ctx) => (given(ctx, 'sampled') ? text('Capable.') : inputRequired({ inputRequests: { sampled: sample('Say something', 50) } })));
    tool('test_streaming_elicitation', async (_, ctx) => {
        const token = ctx.mcpReq._meta?.progressToken;
        if (token !== undefined) await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress: 1 } });
        return inputRequired({ inputRequests: { asked: elicit('Say something', { said: string }) } });
    });
    tool('test_trigger_tool_change', () => { notify().toolsChanged(); return text('Told.'); });
    tool('test_trigger_prompt_change', () => { notify().promptsChanged(); return text('Told.'); });
    server.registerPrompt('test_input_required_result_prompt', { description: 'A prompt that asks first.' }, (ctx) => {
        const context = acceptedContent(ctx.mcpReq.inputResponses, 'user_context')?.context;
        if (context) return { messages: [{ role: 'user', content: { type: 'text', text: `With context: ${context}` } }] };
        return inputRequired({ inputRequests: { user_context: elicit('What context should the prompt use?', { context: string }) } });
    });
}

// start({ key, port, eras }): without a key every request is served.
export async function start({ key, port = 0, eras } = {}) {
    const codec = createRequestStateCodec({ key: randomBytes(32) });
    const factory = ({ era }) => {
        const listChanged = era === 'modern';
        const server = new McpServer({ name: 'everything', version: '1.0.0' }, {
            capabilities: {
                logging: {}, completions: {}, tools: { listChanged }, prompts: { listChanged },
                resources: era === 'modern' ? { listChanged } : { subscribe: true },
            },
            ...(era === 'modern' ? { requestState: { verify: codec.verify } } : {}),
        });
        addPlain(server, era);
        addResources(server);
        addPrompts(server);
        if (era === 'modern') addModern(server, codec, () => serve.modern.notify);
        else addLegacy(server);
        return server;
    };
    const serve = mcpServing(factory, { eras });
    const allowed = key === undefined ? () => true : bearer(key);
    const upstream = new Upstream(async (req, res, entry) => {
        if (!allowed(entry)) return answer(res, 401, -32000, 'A key is needed', undefined, entry.message?.id ?? null);
        const host = (req.headers.host ?? '').replace(/:\d+$/, '');
        const origin = req.headers.origin && new URL(req.headers.origin).hostname;
        if (![host, origin ?? host].every((h) => h === 'localhost' || h === '127.0.0.1')) return answer(res, 403, -32000, 'Forbidden host or origin');
        await serve(req, res, entry);
    });
    return upstream.start(port);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const upstream = await start({ port: Number(process.argv[2] ?? 0) });
    console.log(JSON.stringify({ listening: upstream.url }));
    process.once('SIGTERM', () => process.exit(0));
}
