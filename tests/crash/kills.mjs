// 200 SIGKILLs (KILLS) to any process of Sidegate, at random moments, while agents and people work. Afterwards: no completion that
// anyone was told about is lost, none happened twice, no call was sent twice, and the audit log verifies.
import { auditRecords } from '../lib/sidegate.mjs';
import { cast, live, Witness, wrongs } from './flows.mjs';

const kills = Number(process.env.KILLS ?? 200);
const { key, station, gate, arrivals } = await cast({ build: process.env.SIDEGATE_BUILD });
const witness = new Witness();
const killed = {};
let running = true;
let recovered = true;

await gate.serve();
const keys = await Promise.all([1, 2, 3].map((n) => gate.addKey('ana', `agent ${n}`)));
const lives = keys.map((agentKey) => live({ gate, key }, agentKey, witness, () => running));

const roles = ['gateway', 'surface', 'keeper', 'audit', 'dialer', 'egress'];
// A process that has just been made still has the supervisor's arguments.
const roleOf = ({ pid, args }) => (pid === gate.child.pid ? 'supervisor' : roles.find((r) => new RegExp(`(^|[ /-])${r}( |$)`).test(args)) ?? 'unborn');
const later = (ms) => new Promise((done) => setTimeout(done, ms));

for (let n = 0; n < kills; n++) {
    // The randomness of the moment is the test; nothing is synchronised by it.
    await later(Math.random() * 50);
    const all = gate.processes();
    const chosen = all[Math.floor(Math.random() * all.length)];
    const { pid } = chosen;
    const role = roleOf(chosen);
    killed[role] = (killed[role] ?? 0) + 1;
    try { process.kill(pid, 'SIGKILL'); } catch { continue; }
    if (role === 'supervisor') {
        await gate.exit;
        await gate.serve();
    }
    // Let something be finished between kills, so that there is something to lose.
    if (n % 10 === 9) recovered &&= await witness.until(witness.handoffs.size + 1);
}
recovered &&= await witness.until(witness.handoffs.size + 3);
running = false;
await Promise.all(lives);

const verified = await gate.cli('audit', 'verify');
await gate.stop();
const bad = wrongs({ records: auditRecords(gate.dir), book: station.book, arrivals, witness });
if (!recovered) bad.push('after a kill the work did not go on by itself');
if (verified.status !== 0) bad.push(`audit verify: ${verified.stdout}${verified.stderr}`);
if (witness.handoffs.size < 10) bad.push(`only ${witness.handoffs.size} handoffs were finished: this tested little`);
await station.stop();
console.log(`# ${kills} kills ${JSON.stringify(killed)}; ${witness.handoffs.size} handoffs and ${witness.notes.length} calls told to be done; ${station.book.length} calls arrived`);
for (const b of bad.slice(0, 20)) console.log(`# ${b}`);
console.log(`${bad.length === 0 ? 'ok' : 'not ok'} - ${kills} kills lose nothing and double nothing`);
if (bad.length > 0) console.log(gate.log.split('\n').slice(-30).map((l) => `#   ${l}`).join('\n'));
if (!process.env.KEEP) gate.remove();
process.exit(bad.length === 0 ? 0 : 1);
