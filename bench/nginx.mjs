// The references: one nginx that gives the answer, and one of its own that is a reverse proxy and adds the key, so that each one's processor
// time and memory are its own.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, answers, closing, dir, key } from './measure.mjs';

const proxy = (port, to, more = '') => `server { listen 127.0.0.1:${port}; location / { proxy_pass http://${to}; proxy_http_version 1.1; proxy_set_header Connection ""; ${more} } }`;
const upstream = (name, port) => `upstream ${name} { server 127.0.0.1:${port}; keepalive 128; keepalive_requests 100000000; }`;

class Nginx {
    // port: one that gives the right answer; http: what stands in its configuration's part of that name.
    constructor(name, port, http) {
        Object.assign(this, { name, port, dir: join(dir, name) });
        mkdirSync(this.dir);
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${this.dir}/${what};`).join(' ');
        writeFileSync(join(this.dir, 'conf'), `
daemon off; worker_processes 1; pid ${this.dir}/pid; error_log ${this.dir}/log; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
    access_log off; keepalive_requests 100000000; ${temporary}
    ${http.join('\n    ')}
}
`);
        closing.unshift(() => this.stop());
    }

    // Until its port gives the right answer: how long that took, in milliseconds.
    async start() {
        const since = process.hrtime.bigint();
        this.child = spawn('nginx', ['-c', join(this.dir, 'conf'), '-p', this.dir], { stdio: 'inherit' });
        await answers(`http://127.0.0.1:${this.port}/mcp`);
        return Number(process.hrtime.bigint() - since) / 1e6;
    }

    async stop() {
        const { child } = this;
        this.child = undefined;
        if (child) await new Promise((done) => { child.once('close', done); child.kill('SIGTERM'); });
    }

    // Its worker. The process that only started it takes no part.
    processes() {
        const pid = Number(readFileSync(join(this.dir, 'pid'), 'utf8'));
        return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map((child) => ({ name: `nginx ${this.name}`, pid: Number(child) }));
    }
}

// One that is proxy and server at once, in one worker: what the goals for 64 connections were set by. ports: { both, bothProxy }.
export async function startNginxOfBoth(ports) {
    const both = new Nginx('both', ports.bothProxy, [
        upstream('mcp', ports.both),
        `server { listen 127.0.0.1:${ports.both}; default_type application/json; location / { return 200 '${answer}'; } }`,
        proxy(ports.bothProxy, 'mcp', `proxy_set_header Authorization "Bearer ${key}";`),
    ]);
    await both.start();
    return both;
}

// ports: { direct, proxy } of the server that answers at once, { reads, readsProxy } of the one that reads first. nginx's "return" answers
// before it reads; its proxy_pass reads the whole request before it passes it on. Both are started.
export async function startNginx(ports) {
    const addKey = `proxy_set_header Authorization "Bearer ${key}";`;
    const servers = new Nginx('server', ports.reads, [
        upstream('mcp', ports.direct),
        `server { listen 127.0.0.1:${ports.direct}; default_type application/json; location / { return 200 '${answer}'; } }`,
        proxy(ports.reads, 'mcp'),
    ]);
    const proxies = new Nginx('proxy_pass', ports.proxy, [
        upstream('mcp', ports.direct),
        upstream('reads', ports.reads),
        proxy(ports.proxy, 'mcp', addKey),
        proxy(ports.readsProxy, 'reads', addKey),
    ]);
    await servers.start();
    await proxies.start();
    return { servers, proxies };
}
