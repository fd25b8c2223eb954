// An upstream that costs little and answers any tools/call at once, in a process of its own. Prints its address.
import { createServer } from 'node:http';

const server = createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => { if (parts.length < 2) parts.push(part); });
    req.on('end', () => {
        const id = /"id":("[^"]*"|\d+)/.exec(Buffer.concat(parts).subarray(0, 4096))?.[1] ?? 'null';
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(`{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[{"type":"text","text":"here"}]}}`);
    });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.once('SIGTERM', () => process.exit(0));
