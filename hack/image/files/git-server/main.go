// A git server for tests: smart HTTP by `git http-backend` with basic authentication, and ssh by OpenSSH's sshd
// on a high port, both as whatever user the container runs as. It serves the bare repositories of one folder;
// a push to one that is not there makes it.
//
//	GIT_ROOT             /srv/git         the folder; needs to be writable
//	GIT_SEED             /seed            *.bundle in it become repositories at the start
//	GIT_USER             git              basic authentication, for pushes always
//	GIT_PASSWORD         (none)           empty: pushes over HTTP are refused
//	GIT_ANONYMOUS        public/          repositories below it are read without authentication; "*": all that are not
//	                                      below private/
//	GIT_AUTHORIZED_KEYS  (none)           text of public keys that may come in by ssh; empty: no ssh
//	GIT_HOST_KEY         (made)           file with the host's private key
package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func env(name, fallback string) string {
	if value, set := os.LookupEnv(name); set {
		return value
	}
	return fallback
}

var (
	root      = env("GIT_ROOT", "/srv/git")
	user      = env("GIT_USER", "git")
	password  = env("GIT_PASSWORD", "")
	anonymous = env("GIT_ANONYMOUS", "public/")
	request   = regexp.MustCompile(`^/((?:[a-z0-9][a-z0-9._-]*/){0,3}[a-z0-9][a-z0-9._-]*\.git)/(info/refs|git-upload-pack|git-receive-pack)$`)
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	if err := seed(env("GIT_SEED", "/seed")); err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	var ssh *exec.Cmd
	if keys := env("GIT_AUTHORIZED_KEYS", ""); keys != "" {
		var err error
		if ssh, err = startSSH(keys); err != nil {
			log.Fatal("ssh: ", err)
		}
		go func() { ended <- fmt.Errorf("sshd ended: %w", ssh.Wait()) }()
	}
	server := &http.Server{Addr: ":8080", Handler: http.HandlerFunc(serve), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Minute}
	go func() { ended <- server.ListenAndServe() }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	log.Printf("serving %s at http :8080 and ssh :2222 (%t)", root, ssh != nil)
	select {
	case err := <-ended:
		log.Fatal(err)
	case <-stop:
		if ssh != nil {
			_ = ssh.Process.Signal(syscall.SIGTERM)
		}
		_ = server.Close()
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" {
		fmt.Fprintln(w, "ok")
		return
	}
	match := request.FindStringSubmatch(r.URL.Path)
	if match == nil {
		http.NotFound(w, r)
		return
	}
	repository, push := match[1], match[2] == "git-receive-pack" || r.URL.Query().Get("service") == "git-receive-pack"
	everything := anonymous == "*" && !strings.HasPrefix(repository, "private/")
	open := !push && (everything || (anonymous != "" && strings.HasPrefix(repository, anonymous)))
	who, given, _ := r.BasicAuth()
	known := password != "" && subtle.ConstantTimeCompare([]byte(who+"\x00"+given), []byte(user+"\x00"+password)) == 1
	if !open && !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "authentication needed", http.StatusUnauthorized)
		return
	}
	if push {
		if err := create(repository); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	backend := cgi.Handler{
		Path: "/usr/lib/git-core/git-http-backend",
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + who,
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
		InheritEnv: []string{"PATH", "HOME"},
	}
	if protocol := r.Header.Get("Git-Protocol"); protocol != "" {
		backend.Env = append(backend.Env, "GIT_PROTOCOL="+protocol)
	}
	if r.ContentLength < 0 {
		// CGI has no chunked bodies: git sends them for a large push, so the body is kept until it is whole.
		if err := spool(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	backend.ServeHTTP(w, r)
	log.Printf("%s %s %s", r.Method, r.URL.RequestURI(), who)
}

func spool(r *http.Request) error {
	file, err := os.CreateTemp("", "push-")
	if err != nil {
		return err
	}
	_ = os.Remove(file.Name())
	size, err := file.ReadFrom(http.MaxBytesReader(nil, r.Body, 1<<30))
	if err != nil {
		return err
	}
	if _, err = file.Seek(0, 0); err != nil {
		return err
	}
	r.Body, r.ContentLength, r.TransferEncoding = file, size, nil
	return nil
}

func create(repository string) error {
	folder := filepath.Join(root, repository)
	if _, err := os.Stat(filepath.Join(folder, "HEAD")); err == nil {
		return nil
	}
	log.Print("new repository ", repository)
	return git("init", "--quiet", "--bare", "--initial-branch=main", folder)
}

func seed(folder string) error {
	bundles, err := filepath.Glob(filepath.Join(folder, "*.bundle"))
	if err != nil {
		return err
	}
	for _, bundle := range bundles {
		target := filepath.Join(root, strings.TrimSuffix(filepath.Base(bundle), ".bundle")+".git")
		if _, err := os.Stat(target); err == nil {
			continue
		}
		if err := git("clone", "--quiet", "--mirror", bundle, target); err != nil {
			return err
		}
	}
	return nil
}

func git(args ...string) error {
	out, err := exec.Command("git", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// startSSH runs sshd as the user of this process, which may have no entry in /etc/passwd: nss_wrapper gives it
// one, under the name `git`, with git-shell as its only program.
func startSSH(keys string) (*exec.Cmd, error) {
	dir, err := os.MkdirTemp("", "ssh-")
	if err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	hostKey := env("GIT_HOST_KEY", "")
	if hostKey == "" {
		hostKey = in("host_key")
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", hostKey).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	} else {
		// A mounted Secret is readable by its group, which sshd refuses.
		text, err := os.ReadFile(hostKey)
		if err != nil {
			return nil, err
		}
		hostKey = in("host_key")
		if err := os.WriteFile(hostKey, text, 0o600); err != nil {
			return nil, err
		}
	}
	config := fmt.Sprintf(`Port 2222
HostKey %s
AuthorizedKeysFile %s
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTTY no
PermitUserRC no
SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
`, hostKey, in("authorized_keys"))
	passwd := fmt.Sprintf("git:x:%d:%d:git:%s:/usr/bin/git-shell\n", os.Getuid(), os.Getgid(), root)
	group := fmt.Sprintf("git:x:%d:\n", os.Getgid())
	for name, text := range map[string]string{"sshd_config": config, "authorized_keys": keys + "\n", "passwd": passwd, "group": group} {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	wrappers, err := filepath.Glob("/usr/lib/*/libnss_wrapper.so")
	if err != nil || len(wrappers) == 0 {
		return nil, errors.New("libnss_wrapper.so is not in the image")
	}
	cmd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", in("sshd_config"))
	cmd.Env = append(os.Environ(), "LD_PRELOAD="+wrappers[0], "NSS_WRAPPER_PASSWD="+in("passwd"), "NSS_WRAPPER_GROUP="+in("group"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd, cmd.Start()
}
