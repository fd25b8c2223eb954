import { join } from 'node:path';
import { runScenes } from '../lib/test.mjs';
import { root } from '../lib/sidegate.mjs';

const { passed, failed } = await runScenes(join(root, 'tests/e2e/scenes'), { words: process.argv.slice(2) });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
