# The studio in a container, as an ordinary user, on port 7860.
#
#   docker build -t atelier . && docker run -p 7860:7860 -v atelier:/home/atelier/Pictures/Atelier atelier
#
# CPU by default. For NVIDIA GPUs build with the default wheels, which bring CUDA, and run with --gpus all:
#
#   docker build --build-arg TORCH_INDEX= -t atelier .

FROM python:3.11-slim

# An additional index for torch; empty: the default wheels.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

RUN useradd --create-home --uid 1000 atelier
USER 1000
ENV HOME=/home/atelier \
    PATH=/home/atelier/.local/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860
WORKDIR /home/atelier/app
# Made here, so that a volume mounted on it belongs to this user.
RUN mkdir -p /home/atelier/Pictures/Atelier

COPY --chown=1000:1000 requirements.txt ./
RUN pip install --user --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt
COPY --chown=1000:1000 . .

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/', timeout=4)"]
CMD ["python", "app.py"]
