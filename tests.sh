V=${V:-/work/wt/stat/build/vmtool}; L=/work/wt/stat/build/tests/tool/syscall-load
echo "-- C"; $V stat --source perf --without-cgroups -e getppid -C 0 -- taskset -c 1 $L calls=500 2>&1 | grep getppid
$V stat --source perf --without-cgroups -e getppid -C 0,1 -- taskset -c 1 $L calls=500 forks=2x5 2>&1 | grep getppid
$V stat --source bpf -e getppid,syscalls:sys_enter_getppid -C 0 -- taskset -c 1 $L calls=500 2>&1 | grep getppid
echo "-- X,X"; sleep 1 & p=$!; $V stat --source perf -p $p,$p --timeout 1000 2>&1 | tail -3
echo "-- limit"; (ulimit -Sn 512; $V stat --source perf -r 3 -e getppid -o /dev/null -- sh -c 'ulimit -Sn')
echo "-- cg"; mkdir -p /sys/fs/cgroup/unified/st.$$; (echo 0 >/sys/fs/cgroup/unified/st.$$/cgroup.procs; $V stat --source perf -e getppid -o /dev/null -- grep 0:: /proc/self/cgroup); rmdir /sys/fs/cgroup/unified/st.$$
echo "-- D"; (while :; do :; done) & p=$!; $V stat -D 600 --timeout 1200 -p $p 2>&1 | grep elapsed; $V stat -p $p -- sleep 0.3 2>&1 | grep -E "elapsed|^vmtool";$V stat -a -- sleep 0.3 2>&1 | grep -E "elapsed|^vmtool"; kill $p
echo "-- thread"; $V stat -p $$,1 --timeout 20 2>&1 | head -3
