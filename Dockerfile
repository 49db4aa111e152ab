# The hub (docs/hub.md): database, reports and the secret of tokens are in the volume /data.
FROM python:3.12-slim
COPY . /src
RUN pip install --no-cache-dir '/src[hub,postgres]' && rm -rf /src \
    && useradd --create-home --uid 10001 doitui && install -d -o doitui -g doitui -m 0700 /data
USER doitui
ENV DOITUI_DATABASE=sqlite:////data/archive.db XDG_DATA_HOME=/data XDG_CONFIG_HOME=/data/config XDG_STATE_HOME=/data/state
VOLUME /data
EXPOSE 8075
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8075/heartbeat', timeout=10)"]
# In a container the port is reachable only as far as `docker run -p` says.
CMD ["sh", "-c", "doitui init && exec doitui hub --host 0.0.0.0"]
