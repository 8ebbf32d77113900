// What the measurements of walks share: an nginx that serves documents, and a program run to its end with what it used.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort, isRoot, root, run, startNginx } from '../tests/e2e/lib.mjs'

export const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]

// Runs a program to its end: what it and its children used. `mayEnd` is another exit status that is fine; `stdout` a file for what it prints.
export function measured(program, args, options = {}) {
	const watch = 'import os,sys,time,json\n' +
		'out=[(os.POSIX_SPAWN_OPEN,1,sys.argv[1],os.O_WRONLY|os.O_CREAT|os.O_TRUNC,0o644)] if sys.argv[1] else [(os.POSIX_SPAWN_DUP2,2,1)]\n' +
		'began=time.monotonic(); pid=os.posix_spawnp(sys.argv[2],sys.argv[2:],os.environ,file_actions=out)\n' +
		'_,status,u=os.wait4(pid,0)\n' +
		'print(json.dumps({"code":os.waitstatus_to_exitcode(status),"cpu":u.ru_utime+u.ru_stime,"system":u.ru_stime,"wall":time.monotonic()-began,"rss_mib":u.ru_maxrss/1024}))'
	const done = spawnSync('python3', ['-c', watch, options.stdout ?? '', program, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
	const used = JSON.parse(done.stdout || '{"code":127}')
	if (used.code !== 0 && used.code !== options.mayEnd)
		throw new Error(`${program} ${args.join(' ')}: exit ${used.code}\n${done.stderr.slice(-4000)}`)
	return used
}

// Serves `folders` ({name: path}) with a first page that leads to every page of theirs that is not deep. answered() gives what was answered
// since it was asked last: requests, html (pages with status 200 to GET), bytes.
export async function startOrigin(scope, dir, folders) {
	const site = path.join(dir, 'site'), server = path.join(dir, 'origin'), log = path.join(dir, 'answers'), port = await freePort()
	mkdirSync(site)
	mkdirSync(server)
	writeFileSync(log, '', { mode: 0o666 })
	const starts = []
	for (const [name, folder] of Object.entries(folders)) {
		symlinkSync(folder, path.join(site, name))
		const pages = run('find', ['-L', name, '-maxdepth', '3', '-name', '*.html'], { cwd: site, maxBuffer: 1 << 28 })
		starts.push(...pages.split('\n').filter(p => p && !p.includes('\\')))
	}
	writeFileSync(path.join(site, 'index.html'), `<!DOCTYPE html><title>x</title>${starts.sort().map(p => `<a href="/${p}">${p}</a>\n`).join('')}`)
	await startNginx(scope, { dir: server, user: isRoot ? 'root' : undefined, workers: 1,
		http: `include /etc/nginx/mime.types; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
			open_file_cache max=500 inactive=1h; open_file_cache_valid 1h; open_file_cache_min_uses 1;
			log_format answers '$request_method $status $body_bytes_sent $sent_http_content_type';
			server { listen 127.0.0.1:${port}; root ${site}; access_log ${log} answers; error_page 404 = @none; location @none { return 404; } }` })
	const answered = () => {
		const sum = { requests: 0, html: 0, bytes: 0 }
		for (const line of readFileSync(log, 'latin1').split('\n')) {
			const [method, status, bytes, type] = line.split(' ')
			if (!method)
				continue
			sum.requests++
			sum.html += method === 'GET' && status === '200' && (type ?? '').startsWith('text/html')
			sum.bytes += Number(bytes)
		}
		truncateSync(log)
		return sum
	}
	return { url: `http://127.0.0.1:${port}/`, answered }
}

export function installed(names) {
	return Object.fromEntries(names.map(name => [name, `/usr/share/doc/${name}`]).filter(([, folder]) => existsSync(folder)))
}
