module otto.dev/hack/image/noshell

go 1.21
