FROM scratch
COPY settings.json /etc/service/
