// The scenes, and then each build with a planted leak, in which the scene that watches for it must fail with a leak, and not
// because something else broke.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../lib/sidegate.mjs';
import { runScenes } from '../lib/test.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const words = process.argv.slice(2);
const scenes = await runScenes(join(here, 'scenes'), { words });
let { passed, failed } = scenes;

// In a planted build only the scenes are run, by this file again.
if (!process.env.SIDEGATE_BUILD && words.length === 0) {
    const plants = readFileSync(join(here, 'plants'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.trim().split(/\s+/));
    for (const [plant, scene] of plants) {
        const build = `build-plant-${plant}`;
        const built = await run('tools/meson-build', [build, '-Dtests=false', `-Dplant=${plant}`], { time: 280_000, cwd: root });
        const played = built.status === 0 ? await run(process.execPath, [fileURLToPath(import.meta.url), scene], { time: 300_000, cwd: root, env: { SIDEGATE_BUILD: build } }) : built;
        const red = built.status === 0 && /^not ok - /m.test(played.stdout) && /no secret|holds|memory of|while|is the same|the same bytes/.test(played.stdout);
        if (red) passed++;
        else failed++;
        console.log(`${red ? 'ok' : 'not ok'} - the planted leak "${plant}" turns ${scene} red${red ? '' : `\n# ${(played.stdout + played.stderr).slice(-1500).replaceAll('\n', '\n# ')}`}`);
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
