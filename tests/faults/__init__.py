"""The app over real sockets that break: engine, client and store together; real processes, killed."""
