import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, run } from '../../lib/sidegate.mjs';
import { textOf } from '../../lib/agent.mjs';

export const name = 'the command does what its help says, says what is wrong and what to do, and never shows a value';

async function helps(t) {
    const program = command();
    const all = await run(program, ['--help']);
    t.equal(all.status, 0, '--help');
    const verbs = [...all.stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)(?: \[?[A-Z]+\]?)? {2,}\S/gm)].map((m) => m[1].split(' '));
    t.ok(verbs.length >= 15, `the verbs are listed: ${all.stdout}`);
    for (const verb of verbs) {
        const said = await run(program, [...verb, '--help']);
        t.equal(said.status, 0, `${verb.join(' ')} --help`);
        t.match(said.stdout, new RegExp(`^usage: sidegate ${verb.join(' ')}( |$)`, 'm'), 'its usage');
        t.ok(!/ {2}--help *$/m.test(said.stdout) && !/ $/m.test(said.stdout), `${verb.join(' ')}: nothing is cut, no spaces at the end`);
        const wrong = await run(program, [...verb, '--frobnicate']);
        t.equal(wrong.status, 2, `${verb.join(' ')} --frobnicate`);
        t.match(wrong.stderr, new RegExp(`'sidegate ${verb.join(' ')} --help'`), 'and where to look');
    }
    for (const words of [[], ['frobnicate'], ['key', 'frobnicate'], ['key'], ['key', 'remove'], ['user', 'list', 'ana']]) {
        const said = await run(program, words);
        t.equal(said.status, 2, `sidegate ${words.join(' ')}`);
        t.match(said.stderr, /usage: sidegate/, 'the usage');
        t.equal(said.stdout, '', 'on stderr alone');
    }
}

// As a newcomer types it: in the folder where they stand.
async function init(t) {
    const program = command();
    const cwd = mkdtempSync(join(tmpdir(), 'sidegate-init-'));
    t.later(() => rmSync(cwd, { recursive: true, force: true }));
    const password = t.secret('password of init', 'correct horse battery');
    const made = await run(program, ['init', '--user', 'ana', '--password-stdin'], { cwd, input: `${password}\n` });
    t.equal(made.status, 0, `init in the current folder: ${made.stdout}${made.stderr}`);
    const file = join(cwd, 'sidegate/sidegate.yaml');
    for (const next of [`sidegate serve --config ${file}`, `sidegate config check --config ${file}`, `sidegate key add --config ${file} --user ana`]) {
        t.ok(made.stdout.includes(next), `it says what comes next: ${next}`);
    }
    t.equal((await run(program, ['config', 'check', '--config', file])).status, 0, 'what it made is valid');
    const before = readFileSync(file, 'utf8');
    const masterKey = readFileSync(join(cwd, 'sidegate/keys/master/master-1.key'));
    writeFileSync(file, before.replace(/^data: .*$/m, 'data: daata'));
    const lost = await run(program, ['serve', '--config', file]);
    t.ok(lost.status !== 0, 'serve with a mistyped data folder ends');
    t.match(lost.stdout + lost.stderr, /is data: the right folder/, 'and says what is wrong');
    t.ok(readFileSync(join(cwd, 'sidegate/keys/master/master-1.key')).equals(masterKey), 'and leaves the master key alone');
    writeFileSync(file, `${before}user: no-such-account\n`.replace(/^user: (?!no-such).*\n/m, ''));
    t.match((await run(program, ['config', 'check', '--config', file])).stderr, /there is no account 'no-such-account'/, 'an account that does not exist');
    writeFileSync(file, before);
    const again = await run(program, ['init', '--user', 'bob', '--password-stdin'], { cwd, input: `${password}\n` });
    t.equal(again.status, 1, 'a second init');
    t.match(again.stderr, /exists already/, 'says why not');
    t.equal(readFileSync(file, 'utf8'), before, 'and changes nothing');
    const alone = await run('setsid', ['-w', program, 'init', '--user', 'eve', '--dir', 'other'], { cwd });
    t.equal(alone.status, 1, 'init without a terminal');
    t.match(alone.stderr, /--password-stdin/, 'says what to do');
    t.ok(!existsSync(join(cwd, 'other')), 'and makes nothing');
    t.match((await run(program, ['--version'])).stdout, /^sidegate \d+\.\d+\.\d+\n$/, '--version');
    for (const [what, words, input, says] of [
        ['a short password', ['--user', 'eve', '--dir', 'other', '--password-stdin'], 'short\n', /at least 8 characters/],
        ['nobody', ['--dir', 'other', '--password-stdin'], `${password}\n`, /--user NAME/],
    ]) {
        const said = await run(program, ['init', ...words], { cwd, input });
        t.equal(said.status, 1, what);
        t.match(said.stderr, says, what);
    }
}

async function connections(t, sidegate) {
    const said = await sidegate.cli('connections');
    t.equal(said.status, 0, 'connections');
    t.noValue(said);
    return said.stdout.trim().split('\n').slice(1).map((line) => line.split(/ +/)[0]);
}

export default async function (t) {
    await helps(t);
    await init(t);

    const { key, sidegate, agent, person } = await t.cast({ credential: { lease: { kind: 'keep' } } });
    t.noValue = (said) => t.ok(![key, agent.key, ...sidegate.users.values()].some((v) => (said.stdout + said.stderr).includes(v)), 'no value is shown');
    const connect = async (nth) => {
        const call = agent.call('weather', { station: 'harbour' });
        await person.give((await agent.link(nth)).url, { 'API key': key });
        t.match(textOf(await call), /Harbour wall/, 'connected');
    };

    // A connection by its id; what is no id, and what is nobody's.
    await connect(0);
    const [id] = await connections(t, sidegate);
    t.match(id, /^[0-9a-f]{32}$/, 'an id is shown');
    for (const [words, says] of [[['revoke'], /say which/], [['revoke', 'xyz'], /is not an id/], [['revoke', id, '--all'], /say which/],
        [['revoke', '0'.repeat(32)], /no '0+' here/], [['revoke', 'f'.repeat(32)], /no 'f+' here/], [['revoke', '--user', 'nobody'], /no user 'nobody'/],
        [['revoke', '--upstream', 'nothing'], /no upstream 'nothing'/], [['connections', '--user', 'nobody'], /no user 'nobody'/],
        [['key', 'list', '--user', 'nobody'], /no user 'nobody'/], [['user', 'add', 'ana ', '--password-stdin'], /no space/], [['user', 'add', 'a\u200bna', '--password-stdin'], /invisible/]]) {
        const said = await sidegate.cli(...words);
        t.equal(said.status, 1, `sidegate ${words.join(' ')}: ${said.stderr}`);
        t.equal(said.stdout, '', `sidegate ${words.join(' ')} prints nothing else`);
        t.match(said.stderr, says, words.join(' '));
    }
    for (const words of [['revoke', '--user', ''], ['connections', '--user', '']]) t.match((await sidegate.cli(...words)).stderr, /--user is empty/, `${words[0]} of an empty name`);
    t.equal((await connections(t, sidegate)).length, 1, 'nothing was revoked by mistake');
    t.equal((await sidegate.cli('revoke', id)).status, 0, 'revoke ID');
    await connect(1);
    t.equal((await sidegate.cli('revoke', '--user', 'ana')).status, 0, 'revoke --user');
    await connect(2);
    t.equal((await sidegate.cli('revoke', '--all')).status, 0, 'revoke --all');

    // What cannot be undone is asked first: on a terminal, which "script" makes; not where there is none.
    await sidegate.addUser('eve', 'a password that nobody needs');
    const isThere = async () => (await sidegate.cli('user', 'list')).stdout.includes('eve');
    const remove = ['user', 'remove', 'eve', '--config', sidegate.file];
    const silent = await run('setsid', ['-w', sidegate.program, ...remove], { input: 'yes\n' });
    t.equal(silent.status, 1, 'user remove without a terminal');
    t.match(silent.stderr, /no terminal to ask on; say --yes/, 'says what to do');
    const onTerminal = (typed) => run('setsid', ['-w', 'script', '-qec', `${sidegate.program} ${remove.join(' ')}`, '/dev/null'], { input: typed });
    for (const typed of ['no\n', '\n', 'y\n', 'yes please\n']) {
        const said = await onTerminal(typed);
        t.equal(said.status, 1, `user remove, answered ${JSON.stringify(typed)}: ${said.stdout}`);
        t.match(said.stdout, /eve will be removed, with agent keys, connections and secrets[^]*Type yes to go on: [^]*nothing was done/, 'what it asks and says');
    }
    t.ok(await isThere(), 'nobody was removed');
    const removed = await onTerminal('yes\n');
    t.equal(removed.status, 0, `user remove, answered yes: ${removed.stdout}`);
    t.ok(!await isThere(), 'she is gone');

    // Keys. One that cannot be shown is not made.
    for (const out of [sidegate.file, join(sidegate.dir, 'nowhere/key')]) {
        t.equal((await sidegate.cli('key', 'add', '--user', 'ana', '--label', 'unseen', '--out', out)).status, 1, `key add --out ${out}`);
    }
    const empty = join(sidegate.dir, 'nobodys');
    t.equal((await sidegate.cli('key', 'add', '--user', 'nobody', '--out', empty)).status, 1, 'a key for nobody');
    t.ok(!existsSync(empty), 'leaves no file');
    t.ok(!(await sidegate.cli('key', 'list')).stdout.includes('unseen'), 'no key that nobody has seen');
    const list = await sidegate.cli('key', 'list');
    t.noValue(list);
    const [keyId] = list.stdout.trim().split('\n').at(-1).split(/ +/);
    t.equal((await sidegate.cli('key', 'remove', 'f'.repeat(32))).status, 1, 'a key that does not exist');
    t.equal((await sidegate.cli('key', 'remove', keyId)).status, 0, 'key remove');
    await t.fails(agent.call('weather', { station: 'harbour' }), 'a removed key opens nothing');

    // The audit log: sound, sound up to a head that was noted, edited.
    const sound = await sidegate.cli('audit', 'verify');
    t.equal(sound.status, 0, `audit verify: ${sound.stderr}`);
    const head = /Newest: (\d+:[0-9a-f]{64})/.exec(sound.stdout)?.[1];
    await sidegate.stop();
    t.equal((await sidegate.cli('audit', 'verify', '--head', head)).status, 0, 'with the head that was noted');
    t.equal((await sidegate.cli('audit', 'verify', '--head', 'x')).status, 1, 'a head that is none');
    const log = join(sidegate.dir, 'data/audit/log');
    const text = readFileSync(log, 'utf8');
    const lines = text.split('\n');
    const at = lines.findIndex((l) => l.includes('"event":"handoff_completed"'));
    const seq = JSON.parse(lines[at]).seq;
    writeFileSync(log, text.replace(lines[at], lines[at].replace('handoff_completed', 'handoff_declined')));
    const edited = await sidegate.cli('audit', 'verify', '--head', head);
    t.equal(edited.status, 1, 'an edited record');
    t.match(edited.stderr, new RegExp(`record ${seq}, line ${at + 1}:`), 'is named');
    writeFileSync(log, lines.filter((_, i) => i !== at).join('\n'));
    t.equal((await sidegate.cli('audit', 'verify', '--head', head)).status, 1, 'a removed record');
    const records = lines.flatMap((l, i) => (/^\{"seq":/.test(l) ? [i] : []));
    writeFileSync(log, `${lines.slice(0, records.at(-2)).join('\n')}\n`);
    t.equal((await sidegate.cli('audit', 'verify', '--head', head)).status, 1, 'a cut end');
    writeFileSync(log, text);
    t.equal((await sidegate.cli('audit', 'verify', '--head', head)).status, 0, 'whole again');
    const down = await sidegate.cli('connections');
    t.equal(down.status, 1, 'without a running Sidegate');
    t.match(down.stderr, /sidegate serve/, 'it says what to do');
}
