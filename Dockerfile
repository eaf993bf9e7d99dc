# docker build -t kvalreg . && docker run --rm -p 8000:8000 kvalreg, then open http://localhost:8000
FROM python:3.13-slim AS tools
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*

FROM tools AS site
RUN useradd --create-home kvalreg && install --directory --owner kvalreg /home/kvalreg/project
USER kvalreg
WORKDIR /home/kvalreg/project
COPY --chown=kvalreg . .
RUN make site
EXPOSE 8000
CMD ["python", "-m", "http.server", "8000", "--directory", "_site"]
