#!/usr/bin/env python3
"""The demonstration's origin: a small dynamic portal, as a county's CMS would be. Everything in it is fiction.

  serve.py --root DIR [--port N] [--listen ADDRESS]

DIR holds content/ and static/; data/ is made for messages and counters. On purpose it has what real sites have: a clock and
counters on every page, a form with a token, a search, a redirect to another site, a staff page, a page in GB18030. Only the
standard library.
"""
import argparse
import http.server
import json
import mimetypes
import os
import re
import secrets
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pages

BODY_MAX = 64 * 1024
mimetypes.add_type('image/svg+xml', '.svg')


class Site:
    """What outlives a request: counters and messages."""

    def __init__(self, root):
        self.root, self.lock = os.path.realpath(root), threading.Lock()
        self.visits, self.tokens = {}, set()
        os.makedirs(os.path.join(self.root, 'data'), exist_ok=True)
        self.messages = os.path.join(self.root, 'data', 'messages.jsonl')

    def visit(self, path):
        with self.lock:
            self.visits[path] = self.visits.get(path, 1000) + 1
            return self.visits[path]

    def token(self):
        token = secrets.token_hex(16)
        with self.lock:
            if len(self.tokens) > 10000:
                self.tokens.clear()
            self.tokens.add(token)
        return token

    def take(self, token):
        with self.lock:
            if token not in self.tokens:
                return False
            self.tokens.remove(token)
            return True

    def keep_message(self, name, text):
        with self.lock, open(self.messages, 'a', encoding='utf-8') as f:
            f.write(json.dumps({'name': name, 'text': text, 'time': time.strftime('%FT%T')}, ensure_ascii=False) + '\n')

    def count_messages(self):
        try:
            with open(self.messages, encoding='utf-8') as f:
                return sum(1 for _ in f)
        except FileNotFoundError:
            return 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version, sys_version = 'portal', ''
    site = None

    def log_message(self, format, *args):
        pass

    def answer(self, status, body, kind='text/html; charset=utf-8', headers=()):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def page(self, text, status=200, charset='utf-8'):
        encoded = text.encode('gb18030' if charset == 'gb2312' else charset)
        self.answer(status, encoded, 'text/html' if charset == 'gb2312' else 'text/html; charset=utf-8',
                    [('Set-Cookie', f'SESSIONID={secrets.token_hex(8)}; Path=/; HttpOnly')])

    def live(self, path):
        return {'now': pages.now_text(), 'visits': self.site.visit(path), 'spent': f'{time.perf_counter() - self.began:.6f}'}

    def static(self, path):
        file = os.path.realpath(os.path.join(self.site.root, 'static', path.lstrip('/')))
        if not file.startswith(os.path.join(self.site.root, 'static') + os.sep) or not os.path.isfile(file):
            return False
        kind = mimetypes.guess_type(file)[0] or 'application/octet-stream'
        if kind.startswith('text/') and kind != 'text/css':
            kind += '; charset=utf-8'
        with open(file, 'rb') as f:
            self.answer(200, f.read(), kind)
        return True

    def column_page(self, found, path):
        m = re.fullmatch(r'/(\w+)/(?:index_(\d{1,3})\.html)?', path)
        if not m or m[1] not in pages.COLUMNS:
            return False
        text = pages.column(found, m[1], int(m[2] or 1), self.live(path))
        if text:
            self.page(text)
        return bool(text)

    def get(self, path, query):
        found = pages.articles(self.site.root)
        if path == '/':
            return self.page(pages.home(found, self.live(path)))
        if path == '/index.html':
            return self.answer(301, b'', headers=[('Location', '/')])
        if path == '/zwfw/go/12306':
            return self.answer(302, b'', headers=[('Location', 'https://www.12306.cn/')])
        if path == '/sitemap.html':
            return self.page(pages.sitemap(found))
        if path == '/search':
            return self.page(pages.search(found, query.get('q', [''])[0][:50].strip(), self.live(path)))
        if path == '/hdjl/liuyan':
            return self.page(pages.message_form(self.site.token()))
        if path == '/admin/':
            return self.page(pages.staff(self.site.count_messages()))
        if path in pages.GK:
            return self.page(pages.about(path, self.live(path)))
        for a in found:
            if a.path == path:
                return self.page(pages.article(a, self.live(path)), charset=a.charset)
        if not self.column_page(found, path) and not self.static(path):
            self.page(pages.missing(path), 404)

    def do_GET(self):
        self.began = time.perf_counter()
        parts = urlsplit(self.path)
        self.get(unquote(parts.path), parse_qs(parts.query))

    do_HEAD = do_GET

    def do_POST(self):
        length = int(self.headers.get('Content-Length') or 0)
        if urlsplit(self.path).path != '/hdjl/liuyan' or not 0 < length <= BODY_MAX:
            self.close_connection = True
            return self.answer(404 if length <= BODY_MAX else 413, b'', headers=[('Connection', 'close')])
        form = parse_qs(self.rfile.read(length).decode('utf-8', 'replace'))
        name, text = (form.get(key, [''])[0].strip()[:size] for key, size in (('name', 20), ('text', 1000)))
        if not self.site.take(form.get('csrf_token', [''])[0]) or not name or not text:
            return self.page(pages.message_form(self.site.token(), '<p role="alert">提交失败：页面已过期或者内容不完整，请重新填写。</p>'), 400)
        self.site.keep_message(name, text)
        self.page(pages.message_form(self.site.token(), f'<p role="status">感谢 {pages.esc(name)}，您的留言已收到，审核后公开。</p>'))


def main():
    args = argparse.ArgumentParser(description='the origin of the demonstration')
    args.add_argument('--root', required=True)
    args.add_argument('--port', type=int, default=8090)
    args.add_argument('--listen', default='127.0.0.1')
    options = args.parse_args()
    Handler.site = Site(options.root)
    server = http.server.ThreadingHTTPServer((options.listen, options.port), Handler)
    server.daemon_threads = True
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
