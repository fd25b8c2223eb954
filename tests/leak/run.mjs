// The scenes, and then each build with a planted leak, in which the scene that watches for it must fail with a leak, and not
// because something else broke.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../lib/sidegate.mjs';
import { runScenes } from '../lib/test.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);

// The pair test needs a build whose random numbers a seed fixes; in a planted build one with that plant.
async function build(dir, ...more) {
    const built = await run('tools/meson-build', [dir, '-Dtests=false', ...more], { time: 580_000, cwd: root });
    return built.status === 0 ? undefined : (built.stdout + built.stderr).slice(-1500);
}
const plant = process.env.SIDEGATE_BUILD?.match(/^build-plant-(.*)$/)?.[1];
if (words.length === 0 || words.some((w) => '04-pair'.includes(w))) {
    const wrong = await build(plant ? `${process.env.SIDEGATE_BUILD}-seed` : 'build-seed', '-Dtest_seed=true', ...(plant ? [`-Dplant=${plant}`] : []));
    if (wrong) console.log(`# the build with a seed failed:\n# ${wrong.replaceAll('\n', '\n# ')}`);
}

const scenes = await runScenes(join(here, 'scenes'), { words });
let { passed, failed } = scenes;

// In a planted build only the scenes are run, by this file again.
if (!process.env.SIDEGATE_BUILD && words.length === 0) {
    const plants = readFileSync(join(here, 'plants'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.trim().split(/\s+/));
    for (const [name, scene] of plants) {
        const dir = `build-plant-${name}`;
        const wrong = await build(dir, `-Dplant=${name}`);
        const played = wrong ? { stdout: wrong, stderr: '' }
            : await run(process.execPath, [fileURLToPath(import.meta.url), scene], { time: 580_000, cwd: root, env: { SIDEGATE_BUILD: dir } });
        const red = !wrong && /^not ok - /m.test(played.stdout) && /no secret|holds|memory of|while|is the same|the same bytes/.test(played.stdout);
        if (red) passed++;
        else failed++;
        console.log(`${red ? 'ok' : 'not ok'} - the planted leak "${name}" turns ${scene} red${red ? '' : `\n# ${(played.stdout + played.stderr).slice(-1500).replaceAll('\n', '\n# ')}`}`);
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
