// Puts each planted bug of src/base/plants.def in force, in one build that has them all, and runs the test that keeps its promise.
// The test must fail, and say what the table says that it says: a test that broke, or a build that does not start, is no proof.
// Before that: a name that is not in the table is refused, and an ordinary build has nothing of the plants in it.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from '../lib/sidegate.mjs';

const dir = 'build-plants';
const time = 300_000; // a test that takes longer is broken
const roles = ['gateway', 'surface', 'egress', 'dialer', 'keeper', 'audit', 'supervisor', 'cli'];
const words = process.argv.slice(2);
let passed = 0;
let failed = 0;

function result(good, name, output = '') {
    if (good) passed++;
    else failed++;
    console.log(`${good ? 'ok' : 'not ok'} - ${name}`);
    if (!good) console.log(`# ${output.slice(-2500).trimEnd().replaceAll('\n', '\n# ')}`);
}

// --- the table: P(name, what it breaks, the test, what the red test says) -------------------------------------------------------------

const text = '"(?:[^"\\\\]|\\\\.)*"';
const rows = [...readFileSync(join(root, 'src/base/plants.def'), 'utf8').matchAll(new RegExp(`^P\\((\\w+), (${text}), (${text}), (${text})\\)$`, 'gm'))]
    .map(([, name, ...rest]) => [name, ...rest.map((t) => JSON.parse(t))])
    .map(([name, breaks, test, says]) => ({ name, breaks, test, says: new RegExp(says, 'm') }));
const wanted = rows.filter((r) => words.length === 0 || words.includes(r.name));

// --- the build --------------------------------------------------------------------------------------------------------------------------

const built = await run('tools/meson-build', [dir, '-Dplants=true', '-Dtest_seed=true', '-Drecord=true'], { time: 1_200_000, cwd: root });
if (built.status !== 0) {
    result(false, 'the build with the plants', built.stdout + built.stderr);
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(1);
}
const unit = new Map(JSON.parse((await run('meson', ['introspect', '--tests', dir], { cwd: root })).stdout).map((t) => [t.name, t]));
const logs = join(root, 'build/plant-logs');
mkdirSync(logs, { recursive: true });

// --- one plant --------------------------------------------------------------------------------------------------------------------------

// What cannot be seen on every machine, and how the test says so: such a row is named and not counted.
const needs = [[/^landlock_off /, /^# this kernel has no Landlock/m], [/--only '\^memory of/, /^# memory can only be looked at as root/m]];
const path = `${dirname(process.execPath)}:${process.env.PATH}`;

async function play({ name, breaks, test, says }) {
    const began = Date.now();
    const env = { SIDEGATE_BUILD: dir, SIDEGATE_PLANT: name, PATH: path };
    const known = test.startsWith('unit ') ? unit.get(test.slice(5)) : undefined;
    const ran = known ? await run(known.cmd[0], known.cmd.slice(1), { cwd: known.workdir ?? root, env: { ...known.env, ...env }, time })
        : await run('sh', ['-c', test], { cwd: root, env, time });
    const said = ran.stdout + ran.stderr;
    const seconds = `(${((Date.now() - began) / 1000).toFixed(1)} s)`;
    writeFileSync(join(logs, `${name}.log`), said);
    const lacks = needs.map(([what, note]) => what.test(`${name} ${test}`) && note.exec(said)?.[0]).find(Boolean);
    if (lacks) console.log(`${lacks}; ${name} is not tried`);
    else if (ran.status === 0) result(false, `${name}: ${test} stays green although this is broken: ${breaks}`, said);
    else result(says.test(said), `${name}: ${says.test(said) ? `${test} turns red ${seconds}` : `${test} breaks, and does not say ${says}`}`, said);
}

// --- all --------------------------------------------------------------------------------------------------------------------------------

if (words.length === 0) {
    const unknown = await Promise.all(roles.map((r) => run(join(root, dir, `src/${r}/${{ supervisor: 'sidegate-supervisor', cli: 'sidegate' }[r] ?? r}`), [], { env: { SIDEGATE_PLANT: 'no_such' } })));
    result(unknown.every((u) => u.status === 70 && /there is no plant of this name/.test(u.stderr)), 'a name that is not in the table is refused by every program', JSON.stringify(unknown));
    const symbols = (build) => run('tools/check-symbols', [build], { cwd: root });
    const clean = await symbols('build');
    result(clean.status === 0, 'an ordinary build has no plants in it', clean.stdout + clean.stderr);
    const planted = await symbols(dir);
    result(roles.every((r) => new RegExp(`^${r} has a plant in it`, 'm').test(planted.stdout)), 'and the check that says so sees them in this one', planted.stdout);
}
// Unit tests that turn red mostly wait for what does not come: they take nothing from the others.
const isUnit = (r) => r.test.startsWith('unit ');
const wide = Number(process.env.WIDE ?? 3);
await Promise.all([wanted.filter((r) => !isUnit(r)), wanted.filter(isUnit)].flatMap((queue) => Array.from({ length: wide }, async () => {
    for (let row = queue.shift(); row; row = queue.shift()) await play(row);
})));
// Not before: rows that run at the same time look for theirs.
for (const left of readdirSync('/tmp').filter((f) => /^planted\.\d+$/.test(f))) rmSync(join('/tmp', left));
if (wanted.length === 0 || wanted.length < words.length) result(false, 'every name given is in the table', words.join(' '));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
