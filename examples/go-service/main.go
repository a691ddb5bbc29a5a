// Command hello answers every request with a greeting.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
)

func greeting(name string) string {
	if name == "" {
		name = "world"
	}
	return "Hello, " + name + "!"
}

func main() {
	once := flag.Bool("once", false, "print one greeting and exit")
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	if *once {
		fmt.Println(greeting(""))
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, greeting(r.URL.Query().Get("name")))
	})
	log.Fatal(http.ListenAndServe(*addr, nil))
}
