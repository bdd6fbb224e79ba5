"""Writes one file of pip's package index to standard output, from a byte offset on.

Arguments: project, file name, offset, size of the whole file. pip cannot continue a download that was
stopped; this can. It knows the plain cases only (an index URL, a proxy, a certificate file); for all
others it ends with one line on standard error and the caller asks pip itself. Python 3.8, standard
library and pip only.
"""
import ast
import html.parser
import http.client
import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 5  # attempts without one byte of progress
TIMEOUT = 60  # seconds without a byte
BLOCK = 1 << 18
JSON = "application/vnd.pypi.simple.v1+json"


def settings():
    """pip's settings, with its own order of precedence: file, then its section for downloads, then environment."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    found = {}
    for prefix in ("global.", "download.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(prefix):
                try:
                    value = ast.literal_eval(value)
                except (SyntaxError, ValueError):
                    pass
                found[name[len(prefix):].replace("_", "-")] = value
    return found


def make_opener(options):
    for odd in ("no-index", "client-cert", "trusted-host"):
        if options.get(odd):
            raise ValueError("pip's setting %r is left to pip" % odd)
    context = ssl.create_default_context(cafile=options.get("cert") or None)
    try:
        # Some Pythons come without certificates; pip brings its own.
        from pip._vendor import certifi

        if not options.get("cert"):
            context.load_verify_locations(certifi.where())
    except (ImportError, OSError):
        pass
    handlers = [urllib.request.HTTPSHandler(context=context)]
    if options.get("proxy"):
        handlers.append(urllib.request.ProxyHandler(dict.fromkeys(("http", "https"), options["proxy"])))
    return urllib.request.build_opener(*handlers)


def index_url(options):
    url = options.get("index-url")
    if not url:
        from pip._internal.models.index import PyPI

        url = PyPI.simple_url
    if urllib.parse.urlsplit(url).username is not None:
        raise ValueError("an index with a password is left to pip")
    return url


class Links(html.parser.HTMLParser):
    """The links of an index page in HTML."""

    def __init__(self, page):
        super().__init__()
        self.base, self.urls = page, []

    def handle_starttag(self, tag, attrs):
        target = dict(attrs).get("href")
        if target and tag == "base":
            self.base = urllib.parse.urljoin(self.base, target)
        elif target and tag == "a":
            self.urls.append(urllib.parse.urljoin(self.base, target))


def find(opener, index, project, name):
    page = "%s/%s/" % (index.rstrip("/"), project)
    accept = JSON + ", application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
    request = urllib.request.Request(page, headers={"Accept": accept})
    with opener.open(request, timeout=TIMEOUT) as answer:
        text, page = answer.read(), answer.geturl()
        kind = answer.headers.get_content_type()
    if kind == JSON:
        urls = [urllib.parse.urljoin(page, file["url"]) for file in json.loads(text)["files"]]
    else:
        links = Links(page)
        links.feed(text.decode("utf-8", "replace"))
        urls = links.urls
    for url in urls:
        parts = urllib.parse.urlsplit(url)
        if urllib.parse.unquote(parts.path.rpartition("/")[2]) == name:
            return urllib.parse.urlunsplit(parts._replace(fragment=""))
    raise LookupError("the index does not list %s" % name)


def blocks(opener, url, offset):
    """The file's bytes from `offset` on, until the file or the connection ends."""
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = "bytes=%d-" % offset
    with opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as answer:
        skip = offset
        if answer.status == 206:
            if not answer.headers.get("Content-Range", "").startswith("bytes %d-" % offset):
                raise ValueError("the index answered with another range")
            skip = 0
        while True:
            block = answer.read(BLOCK)
            if not block:
                return
            dropped = min(skip, len(block))
            skip -= dropped
            if block[dropped:]:
                yield block[dropped:]


def main():
    project, name, offset, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    out = sys.stdout.buffer
    options = settings()
    opener = make_opener(options)
    url, failures = None, 0
    while offset < size:
        try:
            url = url or find(opener, index_url(options), project, name)
            source = blocks(opener, url, offset)
            while True:
                block = next(source, None)
                if block is None:
                    break
                try:
                    out.write(block)
                    out.flush()
                except OSError:
                    sys.exit(1)  # the set-up is gone
                offset += len(block)
                failures = 0
            if offset < size:
                raise OSError("the connection ended early")
        except (OSError, http.client.HTTPException) as error:
            failures += 1
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            # Without any answer so far, the network is away and waiting is no use.
            if refused or url is None or failures >= PATIENCE:
                raise
            time.sleep(2 ** failures)


try:
    main()
except Exception as error:
    sys.exit(" ".join(str(error).split()) or type(error).__name__)
