// SPDX-License-Identifier: GPL-2.0
/*
 * fakeib: an InfiniBand device without hardware and without a network.
 *
 * It gives the kernel's own ib_ipoib a port to put ib0 on, so that IPoIB
 * links can be created, changed and deleted where no adapter is. The port
 * stays in the INIT state, as if no subnet manager had ever come by: IPoIB
 * then never joins a multicast group and never sends. Received work requests
 * are kept, and flushed when their queue pair goes to the error state.
 */
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <rdma/ib_verbs.h>

#define FAKEIB_GUID 0x0200c9fffe123456ULL
#define FAKEIB_QUEUE 8192

/* The port is a member of every partition, full ones only. */
#define FAKEIB_PKEYS 0x7fff

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define FAKEIB_CQ_UDATA struct uverbs_attr_bundle
#else
#define FAKEIB_CQ_UDATA struct ib_udata
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define FAKEIB_DMAH struct ib_dmah *dmah,
#else
#define FAKEIB_DMAH
#endif

struct fakeib_dev {
	struct ib_device ib;
	atomic_t next_qp;
};

struct fakeib_pd {
	struct ib_pd ib;
};

struct fakeib_cq {
	struct ib_cq ib;
	spinlock_t lock; /* protects both below */
	struct list_head done;
	bool armed;
};

struct fakeib_qp {
	struct ib_qp ib;
	spinlock_t lock; /* protects both below */
	struct list_head received;
	bool failed;
};

/* A work request: first on its queue pair's list, then on its queue's. */
struct fakeib_work {
	struct list_head list;
	struct ib_qp *qp;
	u64 id;
};

static struct fakeib_cq *to_cq(struct ib_cq *cq)
{
	return container_of(cq, struct fakeib_cq, ib);
}

static struct fakeib_qp *to_qp(struct ib_qp *qp)
{
	return container_of(qp, struct fakeib_qp, ib);
}

static void free_work(struct list_head *list)
{
	struct fakeib_work *work, *next;

	list_for_each_entry_safe(work, next, list, list)
		kfree(work);
	INIT_LIST_HEAD(list);
}

static int fakeib_query_device(struct ib_device *dev,
			       struct ib_device_attr *attr,
			       struct ib_udata *udata)
{
	memset(attr, 0, sizeof(*attr));
	attr->sys_image_guid = dev->node_guid;
	attr->kernel_cap_flags = IBK_LOCAL_DMA_LKEY;
	attr->max_mr_size = ~0ULL;
	attr->page_size_cap = PAGE_SIZE;
	attr->max_qp = 1024;
	attr->max_qp_wr = FAKEIB_QUEUE;
	attr->max_send_sge = 16;
	attr->max_recv_sge = 16;
	attr->max_cq = 1024;
	attr->max_cqe = FAKEIB_QUEUE;
	attr->max_mr = 1024;
	attr->max_pd = 1024;
	attr->max_pkeys = FAKEIB_PKEYS;
	return 0;
}

static int fakeib_query_port(struct ib_device *dev, u32 port,
			     struct ib_port_attr *attr)
{
	attr->state = IB_PORT_INIT;
	attr->phys_state = IB_PORT_PHYS_STATE_LINK_UP;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = IB_MTU_4096;
	attr->max_msg_sz = 1 << 20;
	attr->gid_tbl_len = 1;
	attr->pkey_tbl_len = FAKEIB_PKEYS;
	attr->max_vl_num = 1;
	attr->active_width = IB_WIDTH_4X;
	attr->active_speed = IB_SPEED_QDR;
	return 0;
}

static int fakeib_get_port_immutable(struct ib_device *dev, u32 port,
				     struct ib_port_immutable *immutable)
{
	immutable->gid_tbl_len = 1;
	immutable->pkey_tbl_len = FAKEIB_PKEYS;
	/* No management datagrams: their clients then skip the port. */
	immutable->core_cap_flags = RDMA_CORE_CAP_PROT_IB;
	return 0;
}

static int fakeib_query_gid(struct ib_device *dev, u32 port, int index,
			    union ib_gid *gid)
{
	gid->global.subnet_prefix = cpu_to_be64(0xfe80000000000000ULL);
	gid->global.interface_id = dev->node_guid;
	return 0;
}

static int fakeib_query_pkey(struct ib_device *dev, u32 port, u16 index,
			     u16 *pkey)
{
	if (index >= FAKEIB_PKEYS)
		return -EINVAL;
	*pkey = 0xffff - index; /* the default partition first */
	return 0;
}

static int fakeib_alloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return 0;
}

static int fakeib_dealloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return 0;
}

static int fakeib_create_cq(struct ib_cq *ibcq,
			    const struct ib_cq_init_attr *attr,
			    FAKEIB_CQ_UDATA *udata)
{
	struct fakeib_cq *cq = to_cq(ibcq);

	spin_lock_init(&cq->lock);
	INIT_LIST_HEAD(&cq->done);
	ibcq->cqe = attr->cqe;
	return 0;
}

static int fakeib_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	free_work(&to_cq(ibcq)->done);
	return 0;
}

static int fakeib_req_notify_cq(struct ib_cq *ibcq,
				enum ib_cq_notify_flags flags)
{
	struct fakeib_cq *cq = to_cq(ibcq);
	unsigned long irq;
	bool missed;

	spin_lock_irqsave(&cq->lock, irq);
	cq->armed = true;
	missed = !list_empty(&cq->done);
	spin_unlock_irqrestore(&cq->lock, irq);
	return (flags & IB_CQ_REPORT_MISSED_EVENTS) && missed;
}

static int fakeib_poll_cq(struct ib_cq *ibcq, int max, struct ib_wc *wc)
{
	struct fakeib_cq *cq = to_cq(ibcq);
	struct fakeib_work *work;
	unsigned long irq;
	int n = 0;

	spin_lock_irqsave(&cq->lock, irq);
	while (n < max && !list_empty(&cq->done)) {
		work = list_first_entry(&cq->done, struct fakeib_work, list);
		list_del(&work->list);
		memset(&wc[n], 0, sizeof(wc[n]));
		wc[n].wr_id = work->id;
		wc[n].qp = work->qp;
		wc[n].status = IB_WC_WR_FLUSH_ERR;
		wc[n].opcode = IB_WC_RECV;
		n++;
		kfree(work);
	}
	spin_unlock_irqrestore(&cq->lock, irq);
	return n;
}

/* Moves work to a completion queue and wakes who waits for it. */
static void complete_work(struct fakeib_cq *cq, struct list_head *work)
{
	unsigned long irq;
	bool wake;

	spin_lock_irqsave(&cq->lock, irq);
	wake = cq->armed && !list_empty(work);
	if (wake)
		cq->armed = false;
	list_splice_tail_init(work, &cq->done);
	spin_unlock_irqrestore(&cq->lock, irq);
	if (wake && cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
}

static int fakeib_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr,
			    struct ib_udata *udata)
{
	struct fakeib_dev *dev = container_of(ibqp->device, struct fakeib_dev, ib);
	struct fakeib_qp *qp = to_qp(ibqp);

	spin_lock_init(&qp->lock);
	INIT_LIST_HEAD(&qp->received);
	ibqp->qp_num = atomic_inc_return(&dev->next_qp) & 0xffffff;
	return 0;
}

static int fakeib_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr,
			    int mask, struct ib_udata *udata)
{
	struct fakeib_qp *qp = to_qp(ibqp);
	LIST_HEAD(flushed);
	unsigned long irq;

	if (!(mask & IB_QP_STATE))
		return 0;
	spin_lock_irqsave(&qp->lock, irq);
	qp->failed = attr->qp_state == IB_QPS_ERR;
	if (qp->failed)
		list_splice_init(&qp->received, &flushed);
	else if (attr->qp_state == IB_QPS_RESET)
		free_work(&qp->received);
	spin_unlock_irqrestore(&qp->lock, irq);
	if (ibqp->recv_cq)
		complete_work(to_cq(ibqp->recv_cq), &flushed);
	return 0;
}

static int fakeib_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	free_work(&to_qp(ibqp)->received);
	return 0;
}

/* The port never becomes active, so nobody has a reason to send. */
static int fakeib_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
			    const struct ib_send_wr **bad)
{
	*bad = wr;
	return -ENETDOWN;
}

static int fakeib_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
			    const struct ib_recv_wr **bad)
{
	struct fakeib_qp *qp = to_qp(ibqp);
	struct fakeib_work *work;
	LIST_HEAD(flushed);
	unsigned long irq;

	for (; wr; wr = wr->next) {
		work = kmalloc(sizeof(*work), GFP_ATOMIC);
		if (!work) {
			*bad = wr;
			return -ENOMEM;
		}
		work->qp = ibqp;
		work->id = wr->wr_id;
		spin_lock_irqsave(&qp->lock, irq);
		list_add_tail(&work->list, qp->failed ? &flushed : &qp->received);
		spin_unlock_irqrestore(&qp->lock, irq);
	}
	complete_work(to_cq(ibqp->recv_cq), &flushed);
	return 0;
}

/* The core insists on these; IPoIB uses the device's local key instead. */
static struct ib_mr *fakeib_get_dma_mr(struct ib_pd *pd, int access)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static struct ib_mr *fakeib_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
					u64 address, int access,
					FAKEIB_DMAH struct ib_udata *udata)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int fakeib_dereg_mr(struct ib_mr *mr, struct ib_udata *udata)
{
	return -EOPNOTSUPP;
}

static const struct ib_device_ops fakeib_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_UNKNOWN,
	.alloc_pd = fakeib_alloc_pd,
	.create_cq = fakeib_create_cq,
	.create_qp = fakeib_create_qp,
	.dealloc_pd = fakeib_dealloc_pd,
	.dereg_mr = fakeib_dereg_mr,
	.destroy_cq = fakeib_destroy_cq,
	.destroy_qp = fakeib_destroy_qp,
	.get_dma_mr = fakeib_get_dma_mr,
	.get_port_immutable = fakeib_get_port_immutable,
	.modify_qp = fakeib_modify_qp,
	.poll_cq = fakeib_poll_cq,
	.post_recv = fakeib_post_recv,
	.post_send = fakeib_post_send,
	.query_device = fakeib_query_device,
	.query_gid = fakeib_query_gid,
	.query_pkey = fakeib_query_pkey,
	.query_port = fakeib_query_port,
	.reg_user_mr = fakeib_reg_user_mr,
	.req_notify_cq = fakeib_req_notify_cq,
	INIT_RDMA_OBJ_SIZE(ib_cq, fakeib_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, fakeib_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, fakeib_qp, ib),
};

static struct fakeib_dev *fakeib;

static int __init fakeib_init(void)
{
	int err;

	fakeib = ib_alloc_device(fakeib_dev, ib);
	if (!fakeib)
		return -ENOMEM;
	atomic_set(&fakeib->next_qp, 0x1000);
	fakeib->ib.node_type = RDMA_NODE_IB_CA;
	fakeib->ib.node_guid = cpu_to_be64(FAKEIB_GUID);
	fakeib->ib.phys_port_cnt = 1;
	fakeib->ib.num_comp_vectors = 1;
	strscpy(fakeib->ib.node_desc, "fakeib", sizeof(fakeib->ib.node_desc));
	ib_set_device_ops(&fakeib->ib, &fakeib_ops);
	err = ib_register_device(&fakeib->ib, "fakeib%d", NULL);
	if (err)
		ib_dealloc_device(&fakeib->ib);
	return err;
}

static void __exit fakeib_exit(void)
{
	ib_unregister_device(&fakeib->ib);
	ib_dealloc_device(&fakeib->ib);
}

module_init(fakeib_init);
module_exit(fakeib_exit);
MODULE_DESCRIPTION("InfiniBand device without hardware, for tests of IPoIB links");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: ib_ipoib");
