// The scenes. The pair test needs a build whose random numbers a seed fixes.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from '../lib/sidegate.mjs';
import { runScenes } from '../lib/test.mjs';

const words = process.argv.slice(2);

if (!process.env.SIDEGATE_BUILD && (words.length === 0 || words.some((w) => '04-pair'.includes(w)))) {
    const built = await run('tools/meson-build', ['build-seed', '-Dtests=false', '-Dtest_seed=true'], { time: 580_000, cwd: root });
    if (built.status !== 0) console.log(`# the build with a seed failed:\n# ${(built.stdout + built.stderr).slice(-1500).replaceAll('\n', '\n# ')}`);
}
const { passed, failed } = await runScenes(join(dirname(fileURLToPath(import.meta.url)), 'scenes'), { words });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
