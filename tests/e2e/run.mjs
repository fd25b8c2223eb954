import { join } from 'node:path';
import { runScenes } from '../lib/test.mjs';
import { root } from '../lib/sidegate.mjs';

const good = await runScenes(join(root, 'tests/e2e/scenes'), { words: process.argv.slice(2) });
process.exit(good ? 0 : 1);
