module otto.dev/hack/image/git-server

go 1.21
