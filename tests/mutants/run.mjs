// Makes one line at a time wrong in the folders that guard the promises, and runs the unit tests: one of them must turn red. Which mutants are tried is
// drawn by their own text and --seed, so the same ones are tried until their lines change; --file and --line try those of one place instead.
// A mutant is tried in a copy of the tree. One whose object code is the original's is none. One that survives must be explained in survivors.txt.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root, run } from '../lib/sidegate.mjs';
import { mutantsOf } from './mutate.mjs';

const FOLDERS = ['keeper', 'egress', 'screen', 'surface', 'proto', 'dialer'];
const BUILD_TIME = 1_200_000;
const TEST_TIME = 10_000; // beyond five times what the original takes: such a mutant hangs, and is noticed
const LIMITS = 'ulimit -c 0 -v 8388608 -f 2097152'; // a mutant may run wild: 8 GiB of addresses, 1 GiB a file

const { values: options } = parseArgs({
    options: { count: { type: 'string', default: '100' }, skip: { type: 'string', default: '0' }, seed: { type: 'string', default: '1' }, file: { type: 'string' }, line: { type: 'string' } },
});
const digest = (what) => createHash('sha256').update(what).digest('hex');
const counts = { killed: 0, explained: 0, survived: 0, 'did not compile': 0, 'are the same code': 0 };
let passed = 0;
let failed = 0;

function result(good, name) {
    if (good) passed++;
    else failed++;
    console.log(`${good ? 'ok' : 'not ok'} - ${name}`);
}

// --- which ------------------------------------------------------------------------------------------------------------------------------

const describe = (m) => `${m.file}:${m.line} ${m.name}\n#   - ${m.was}\n#   + ${m.is}`;
const text = (m) => [`${m.file} ${m.name}`, `- ${m.was}`, `+ ${m.is}`].join('\n');
const all = FOLDERS.flatMap((f) => readdirSync(join(root, 'src', f)).filter((n) => n.endsWith('.c')).map((n) => `src/${f}/${n}`))
    .flatMap((file) => mutantsOf(file, readFileSync(join(root, file), 'utf8')));
const nth = new Map(); // the same line may stand twice in a function
const drawn = () => all.map((m) => [digest(`${options.seed} ${text(m)} ${nth.set(text(m), (nth.get(text(m)) ?? 0) + 1).get(text(m))}`), m])
    .sort(([a], [b]) => (a < b ? -1 : 1)).slice(Number(options.skip)).slice(0, Number(options.count)).map(([, m]) => m);
const [first, last = first] = (options.line ?? '1-1000000').split('-').map(Number);
const wanted = options.file ? all.filter((m) => m.file === options.file && m.line >= first && m.line <= last) : drawn();

const entries = readFileSync(join(import.meta.dirname, 'survivors.txt'), 'utf8').replace(/^#.*\n/gm, '').split(/\n{2,}/).map((e) => e.trim().split('\n')).filter((e) => e.length > 1)
    .map((lines) => ({ text: lines.slice(0, 3).join('\n'), why: lines.slice(3).join(' ') }));
const texts = new Set(all.map(text));
const stale = entries.filter((e) => !texts.has(e.text) || !/^(Equivalent|Depth|Safe|Elsewhere): .*\.$/.test(e.why));
result(stale.length === 0, `each of the ${entries.length} survivors that are listed has its line and a reason${stale.map((e) => `\n# ${e.text.replaceAll('\n', '\n#   ')}`).join('')}`);

// --- a copy of the tree -----------------------------------------------------------------------------------------------------------------

// Writes only what differs, so that a later run builds only that.
function copy(from, to) {
    mkdirSync(to, { recursive: true });
    for (const f of readdirSync(from, { withFileTypes: true })) {
        if (/^(\.git|build.*|node_modules)$/.test(f.name)) continue;
        if (f.isDirectory()) copy(join(from, f.name), join(to, f.name));
        else if (f.isFile()) put(join(to, f.name), readFileSync(join(from, f.name)));
    }
}

function put(file, bytes) {
    if (!existsSync(file) || !readFileSync(file).equals(bytes)) writeFileSync(file, bytes);
}

async function introspect(build, what) {
    return JSON.parse((await run('meson', ['introspect', `--${what}`, build])).stdout);
}

// A place where one mutant at a time is tried: { tree, build, compile: how each file is compiled, tests, objects: digests of the original's }.
async function place(i) {
    const tree = join(root, 'build-mutants', String(i)), build = join(tree, 'build');
    copy(root, tree);
    if (!existsSync(join(build, 'build.ninja'))) {
        const setup = await run('meson', ['setup', build, tree, '--buildtype=plain', '-Dwerror=false'], { time: BUILD_TIME });
        if (setup.status !== 0) throw new Error(setup.stdout + setup.stderr);
    }
    const file = new Map((await introspect(build, 'targets')).map((t) => [t.id, relative(build, t.filename[0])]));
    const tests = (await introspect(build, 'tests')).filter((t) => t.suite.some((s) => s.endsWith(':unit')))
        .map((t) => ({ ...t, files: t.depends.map((id) => file.get(id)) }));
    const built = await run('ninja', ['-C', build, '-j1', ...new Set(tests.flatMap((t) => t.files))], { time: BUILD_TIME });
    if (built.status !== 0) throw new Error(built.stdout);
    const compile = new Map(JSON.parse(readFileSync(join(build, 'compile_commands.json'))).map((c) => [relative(tree, join(build, c.file)), c]));
    for (const t of tests) t.digest = digestOf(build, t);
    return { tree, build, compile, tests, objects: new Map() };
}

function digestOf(build, test) {
    return digest(test.files.map((f) => digest(readFileSync(join(build, f)))).join());
}

// The names of the tests that a file is linked into, or into a program that they start.
async function testsOf(p, files) {
    const uses = new Map(files.map((f) => [f, new Set()]));
    for (const test of p.tests) {
        const inputs = (await Promise.all(test.files.map((f) => run('ninja', ['-C', p.build, '-t', 'inputs', f])))).flatMap((o) => o.stdout.split('\n'));
        for (const [f, names] of uses) if (inputs.includes(p.compile.get(f).output)) names.add(test.name);
    }
    return uses;
}

// --- one mutant -------------------------------------------------------------------------------------------------------------------------

// Runs a test, with all that it starts. Undefined: it is green; otherwise { what: which of its tests is red, or how it ended, said }.
function red(p, test, time) {
    return new Promise((done) => {
        const child = spawn('sh', ['-c', `${LIMITS}; exec "$0" "$@"`, ...test.cmd], { cwd: test.workdir ?? p.build, env: { ...process.env, ...test.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
        let said = '';
        for (const out of [child.stdout, child.stderr]) out.on('data', (d) => { said = (said + d).slice(-20_000); });
        const kill = () => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* all ended */ } };
        const timer = setTimeout(kill, time);
        child.on('exit', kill);
        child.on('close', (status, signal) => {
            clearTimeout(timer);
            done(status === 0 ? undefined : { what: /FAILED {2}\] (test_\w+)/.exec(said)?.[1] ?? String(signal ?? status), said });
        });
    });
}

// The digest of what the compiler makes of the file when it may leave out what has no effect; undefined: nothing.
async function objectOf(p, file) {
    const { command, directory, output } = p.compile.get(file);
    const object = join(p.build, 'mutant.o');
    const ran = await run('sh', ['-c', `${command.replace(/ -M[DQF]( \S+\.[od]\b)?/g, '').replace(` -o ${output}`, ` -o ${object}`)} -O2 -w`], { cwd: directory, time: BUILD_TIME });
    return ran.status === 0 ? digest(readFileSync(object)) : undefined;
}

// Those of its own folder first, the one of its own name before all, quick ones before slow ones.
function testsFor(p, file) {
    const near = (t) => (t.name === `${basename(dirname(file))}/${basename(file, '.c')}` ? 0 : t.name.startsWith(`${basename(dirname(file))}/`) ? 1 : 2);
    return p.tests.filter((t) => uses.get(file).has(t.name) && times.has(t.name)).sort((a, b) => near(a) - near(b) || times.get(a.name) - times.get(b.name));
}

// Which test notices; or what else is true of it.
async function judge(p, m) {
    const before = p.objects.get(m.file) ?? await objectOf(p, m.file);
    p.objects.set(m.file, before);
    const source = join(p.tree, m.file), original = readFileSync(source);
    writeFileSync(source, m.put());
    try {
        const after = await objectOf(p, m.file);
        if (after === undefined) return { is: 'did not compile' };
        if (after === before) return { is: 'are the same code' };
        for (const test of testsFor(p, m.file)) {
            const built = await run('ninja', ['-C', p.build, '-j1', ...test.files], { time: BUILD_TIME });
            if (built.status !== 0) throw new Error(`${describe(m)}\n${built.stdout}`);
            const seen = digestOf(p.build, test) === test.digest ? undefined : await red(p, test, TEST_TIME + 5 * times.get(test.name));
            if (seen) return { is: 'killed', by: `${test.name} (${seen.what})` };
        }
        return { is: 'survived' };
    } finally {
        writeFileSync(source, original);
    }
}

async function play(p, m) {
    const began = Date.now();
    const { is, by } = await judge(p, m);
    const entry = entries.find((e) => e.text === text(m));
    const seconds = `(${((Date.now() - began) / 1000).toFixed(1)} s)`;
    counts[is === 'survived' && entry ? 'explained' : is]++;
    if (is === 'killed') result(true, `${by} notices ${seconds}: ${describe(m)}`);
    else if (is === 'survived') result(Boolean(entry), `${entry ? 'as listed, ' : ''}no unit test notices ${seconds}: ${describe(m)}`);
    if (is === 'killed' && entry) console.log('# it is listed as a survivor');
}

// --- all --------------------------------------------------------------------------------------------------------------------------------

console.log(`# seed ${options.seed}: ${wanted.length} of ${all.length} mutants`);
const wide = Math.min(Number(process.env.WIDE ?? 4), wanted.length);
const places = [];
for (let i = 0; i < wide; i++) places.push(await place(i));

// The original first, for how long each test takes; one that is red anyway notices nothing.
const times = new Map();
const each = (queue, f) => Promise.all(places.map(async (p) => { for (let next = queue.shift(); next; next = queue.shift()) await f(p, next); }));
const uses = wanted.length === 0 ? new Map() : await testsOf(places[0], [...new Set(wanted.map((m) => m.file))]);
await each([...new Set([...uses.values()].flatMap((names) => [...names]))], async (p, name) => {
    const began = Date.now();
    const seen = await red(p, p.tests.find((t) => t.name === name), BUILD_TIME);
    if (seen) result(false, `${name} (${seen.what}) is red without a mutant\n# ${seen.said.slice(-2500).trimEnd().replaceAll('\n', '\n# ')}`);
    else times.set(name, Date.now() - began);
});
await each([...wanted], play);
if (wanted.length === 0) result(false, 'there is a mutant to try');
console.log(`# ${Object.entries(counts).map(([is, n]) => `${n} ${is}`).join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
