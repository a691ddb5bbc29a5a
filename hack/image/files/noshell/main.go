// The only file of an image without a shell: prints its arguments, or ends as it is told.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	if len(args) == 2 && args[0] == "--exit" {
		code, err := strconv.Atoi(args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "app: --exit wants a number, not", args[1])
			os.Exit(64)
		}
		os.Exit(code)
	}
	if len(args) == 2 && args[0] == "--sleep" {
		duration, err := time.ParseDuration(args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "app: --sleep wants a duration such as 1m, not", args[1])
			os.Exit(64)
		}
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
		select {
		case got := <-stop:
			fmt.Println("app: got", got)
			os.Exit(143)
		case <-time.After(duration):
		}
		return
	}
	for i, arg := range args {
		fmt.Printf("argument %d: %s\n", i+1, arg)
	}
}
