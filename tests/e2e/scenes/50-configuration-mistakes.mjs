import { readFileSync, writeFileSync } from 'node:fs';

export const name = 'a mistake in the configuration stops the start with the line and what to do; nothing is changed';

const mistakes = {
    'a key that does not exist': (c) => c.replace('limits:', 'limitz:'),
    'a tab': (c) => c.replace(/^( +)listen/m, '\tlisten'),
    'an upstream without url': (c) => c.replace(/^ +url: .*mcp".*\n/m, ''),
    'a limit out of range': (c) => c.replace(/hold_time: \d+/, 'hold_time: 999999'),
    'a field that the format does not know': (c) => c.replace('{key}', '{kee}'),
    'not YAML': (c) => `${c}\n  : : [`,
};

export default async function (t) {
    const { sidegate } = await t.cast({ agent: null, person: null, limits: { hold_time: 20_000 } });
    await sidegate.stop();
    const good = readFileSync(sidegate.file, 'utf8');
    t.equal((await sidegate.cli('config', 'check')).status, 0, 'the good one is good');
    for (const [what, spoil] of Object.entries(mistakes)) {
        const bad = spoil(good);
        t.ok(bad !== good, `${what}: the mistake was made`);
        writeFileSync(sidegate.file, bad);
        for (const words of [['config', 'check'], ['serve']]) {
            const said = await sidegate.cli(...words);
            t.ok(said.status !== 0, `${what}: ${words.join(' ')} refuses it`);
            t.match(said.stderr + said.stdout, /sidegate\.yaml[:, ]+(line )?\d+/, `${what}: ${words.join(' ')} names file and line`);
        }
    }
    writeFileSync(sidegate.file, good);
    await sidegate.serve();
}
